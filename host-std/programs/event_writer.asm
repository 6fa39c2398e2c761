; A small EventWriter: what other contracts call to emit an event.
;
; Called as a system call with the number of topics, at most 4, in r3, and with the topics and then
; the data as calldata. It writes entries of two words each to the event queue: first the numbers
; (topics + 1, and bytes of data << 32) with the caller, then topics and data in order.
        .text
entry:
        and!    2, r2, r0               ; r2: bit 1 marks a system call
        jump.eq @refuse
        sub.s!  4, r3, r0
        jump.gt @refuse                 ; more than 4 topics
        shr.s   96, r1, r4
        and     @mask[0], r4, r4        ; bytes of calldata
        shl.s   5, r3, r5
        sub!    r4, r5, r5              ; bytes of data
        jump.lt @refuse                 ; fewer topics than announced
        shl.s   32, r5, r5
        add     r3, r5, r5
        add     1, r5, r5
        context.caller r6
        log.event.first r5, r6
        add     31, r4, r4
        shr.s!  5, r4, r4               ; words of calldata
        jump.eq @done
next:
        ld.inc  r1, r5, r1
        sub.s!  1, r4, r4
        jump.eq @odd
        ld.inc  r1, r6, r1
        log.event r5, r6
        sub.s!  1, r4, r4
        jump.ne @next
done:
        ret.ok  r0
odd:
        log.event r5, r0
        ret.ok  r0
refuse:
        ret.revert r0
        .rodata
mask:
        .cell   4294967295
