; Pays token amounts to accounts, up to a cap on the total supply.
;
; calldata  one or more entries of two words: account, amount
; storage   slot 0: total supply; slot 2^160 + account: balance
; returns   three words: number of payments, their sum, total supply afterwards
; reverts   with one word, and without any effect:
;           1  the calldata is empty or does not consist of whole entries
;           2  an account has more than 160 bits, or the supply would exceed the cap
; events    Transfer(0, account, amount) for every payment, through EventWriter (0x800d);
;           without that contract the payments are made all the same
        .data
payments:
        .cell   0
paid:
        .cell   0
supply:
        .cell   0
account:
        .cell   0
amount:
        .cell   0
remaining:
        .cell   0
calldata:
        .cell   0

        .text
entry:
        shr.s   96, r1, r2
        and     @mask[0], r2, r2        ; r1 points to the calldata; its length in bytes
        and!    63, r2, r0
        jump.ne @malformed
        shr.s!  6, r2, r2
        jump.eq @malformed
        add     r2, r0, stack[@payments]
        add     r2, r0, stack[@remaining]
        ptr.add r1, r0, stack[@calldata]
        sload   r0, r3
        add     r3, r0, stack[@supply]
pay_next:
        ptr.add stack[@calldata], r0, r1
        ld.inc  r1, r2, r1
        ld.inc  r1, r3, r1
        ptr.add r1, r0, stack[@calldata]
        add     r2, r0, stack[@account]
        add     r3, r0, stack[@amount]
        near_call r0, @pay, @rejected   ; r0: with all ergs
        add     1, r0, r2
        sub!    stack[@remaining], r2, stack[@remaining]
        jump.ne @pay_next

        add     stack[@supply], r0, r4
        sstore  r0, r4
        add     stack[@payments], r0, r2
        add     stack[@paid], r0, r3
        st.1    0, r2
        st.1    32, r3
        st.1    64, r4
        add     @three_words[0], r0, r1
        ret.ok  r1

; Pays one entry. Reverts, and thereby undoes its own effects, if that is not allowed.
pay:
        add     stack[@account], r0, r2
        add     stack[@amount], r0, r3
        shr.s!  160, r2, r0
        jump.ne @reject
        add!    stack[@supply], r3, r4
        jump.lt @reject                 ; the sum has more than 256 bits
        sub.s!  @cap[0], r4, r0
        jump.gt @reject
        add     r4, r0, stack[@supply]
        add     stack[@paid], r3, stack[@paid]
        add     @balances[0], r2, r4
        sload   r4, r5
        add     r5, r3, r5              ; no more than the supply, so it cannot overflow
        sstore  r4, r5

        st.1    0, r3                   ; the event's data
        add     @transfer_topic[0], r0, r4
        add     0, r0, r5               ; from nobody: the tokens are new
        add     r2, r0, r6
        add     3, r0, r3               ; number of topics
        add     @transfer_call[0], r0, r1
        add     @event_writer[0], r0, r2
        far_call r1, r2, @without_event
without_event:
        ret.ok  r0
reject:
        ret.revert r0

malformed:
        add     1, r0, r2
        jump    @fail
rejected:
        add     2, r0, r2
fail:
        st.1    0, r2
        add     @one_word[0], r0, r1
        ret.revert r1

        .rodata
mask:
        .cell   4294967295
cap:
        .cell   1000000
balances:                               ; 2^160
        .cell   1461501637330902918203684832716283019655932542976
one_word:                               ; 32 bytes from address 0 of the heap
        .cell   2535301200456458802993406410752
three_words:                            ; 96 bytes from address 0 of the heap
        .cell   7605903601369376408980219232256
transfer_topic:                         ; keccak256 of "Transfer(address,address,uint256)"
        .cell   100389287136786176327247604509743168900146139575972864366142685224231313322991
transfer_call:                          ; a system call with 20000 ergs and 32 bytes from address 0
        .cell   452312848583391930408031893805463855840300033463781700844479271214574993408
event_writer:
        .cell   32781
