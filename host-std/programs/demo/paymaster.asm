; A paymaster that pays for everybody, as long as it has something.
;
; functions    validateAndPayForPaymasterTransaction, postTransaction: for the bootloader only.
;              Whoever else calls it, may: it takes value, and does nothing
        .text
entry:
        and!    1, r2, r0               ; r2: bit 0 marks the call of the constructor
        jump.ne @constructor
        context.caller r2
        sub!    @bootloader[0], r2, r0
        jump.ne @done
        ld      r1, r2
        shr.s   224, r2, r2
        sub!    @pay[0], r2, r0
        jump.eq @do_pay
        sub!    @post[0], r2, r0
        jump.eq @done
        ret.revert r0
done:
        ret.ok  r0
constructor:
        add     32, r0, r3              ; immutables: an array without elements
        st.1    0, r3
        st.1    32, r0
        add     @two_words[0], r0, r1
        ret.ok  r1

; The transaction is behind the selector, two hashes and its place.
do_pay:
        add     196, r0, r3             ; its word 3: the gas limit
        ptr.add r1, r3, r2
        ld      r2, r4
        add     260, r0, r3             ; its word 5: the most that gas may cost
        ptr.add r1, r3, r2
        ld      r2, r5
        mul     r4, r5, r3, r5
        add!    r5, r0, r0
        jump.ne @fail                   ; more than there is
        add     @bootloader[0], r0, r4
        add     r0, r0, r5
        add     @empty_call[0], r0, r1
        add     @value_simulator[0], r0, r2
        far_call r1, r2, @fail
        add     @pay[0], r0, r3         ; the selector says that it pays
        shl.s   224, r3, r3
        st.1    0, r3
        add     64, r0, r3              ; and that there is nothing to remember
        st.1    32, r3
        st.1    64, r0
        add     @three_words[0], r0, r1
        ret.ok  r1
fail:
        ret.revert r0

        .rodata
bootloader:
        .cell   32769
value_simulator:
        .cell   32777
pay:                                    ; selector of validateAndPayForPaymasterTransaction
        .cell   59385020
post:                                   ; selector of postTransaction
        .cell   2172327920
two_words:                              ; 64 bytes from address 0 of the heap
        .cell   5070602400912917605986812821504
three_words:                            ; 96 bytes from address 0 of the heap
        .cell   7605903601369376408980219232256
empty_call:                             ; a system call with all ergs and no bytes
        .cell   452312875543213049246862219470521463235677128029636459717348224170486398976
