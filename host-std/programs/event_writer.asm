; A small EventWriter: what other contracts call to emit an event.
;
; Called as a system call with the number of topics, at most 4, in r3, the topics in r4 to r7, and
; the data as calldata. It writes entries of two words each to the event queue: first the numbers
; (topics + 1, and bytes of data << 32) with the caller, then topics and data in order.
        .text
entry:
        and!    2, r2, r0               ; r2: bit 1 marks a system call
        jump.eq @refuse
        sub.s!  4, r3, r0
        jump.gt @refuse                 ; more than 4 topics
        shr.s   96, r1, r8
        and     @mask[0], r8, r8        ; bytes of data
        shl.s   32, r8, r9
        add     r3, r9, r9
        add     1, r9, r9
        context.caller r10
        event.first r9, r10
        add     31, r8, r8
        shr.s   5, r8, r8               ; words of data
        sub.s!  2, r3, r0
        jump.lt @odd_topic
        event   r4, r5
        sub.s!  4, r3, r0
        jump.lt @third_topic
        event   r6, r7
        jump    @data
third_topic:
        add     r6, r0, r4
odd_topic:                              ; if there is one, it shares an entry with the first data
        and!    1, r3, r0
        jump.eq @data
        add!    r8, r0, r0
        jump.eq @last_topic
        ld.inc  r1, r5, r1
        event   r4, r5
        sub.s   1, r8, r8
data:
        add!    r8, r0, r0
        jump.eq @done
next:
        ld.inc  r1, r5, r1
        sub.s!  1, r8, r8
        jump.eq @last_data
        ld.inc  r1, r6, r1
        event   r5, r6
        sub.s!  1, r8, r8
        jump.ne @next
done:
        ret.ok  r0
last_topic:
        event   r4, r0
        ret.ok  r0
last_data:
        event   r5, r0
        ret.ok  r0
refuse:
        ret.revert r0
        .rodata
mask:
        .cell   4294967295
