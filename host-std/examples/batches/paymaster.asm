; A paymaster that pays for everybody.
;
; It takes every call for validateAndPayForPaymasterTransaction: pays gas limit · price to the bootloader and returns the
; magic number and no context, so that it is not called again. A real one looks at who calls it and for whom.
        .text
entry:
        add     196, r0, r3             ; r1 points to the calldata; the transaction is at byte 100 of it
        ptr.add r1, r3, r2
        ld      r2, r4                  ; gas limit: its fourth word
        add     260, r0, r3
        ptr.add r1, r3, r2
        ld      r2, r5                  ; price: its sixth word
        mul     r4, r5, r3, r0          ; MsgValueSimulator expects the value here
        add     32769, r0, r4           ; and here the receiver: the bootloader
        add     r0, r0, r5
        add     @system_call[0], r0, r1
        add     32777, r0, r2
        far_call r1, r2, @refuse
        add     @magic[0], r0, r2
        add     64, r0, r3
        st.1    0, r2
        st.1    32, r3
        st.1    64, r0
        add     @three_words[0], r0, r1
        ret.ok  r1
refuse:
        ret.revert r0
        .rodata
; All ergs, no calldata, marked as a system call.
system_call:
        .cell   452312875543213049246862219470521463235677128029636459717348224170486398976
magic:
        .cell   1601016972027674087219096584282962507946555294275460347601787516721897144320
three_words:
        .cell   7605903601369376408980219232256
