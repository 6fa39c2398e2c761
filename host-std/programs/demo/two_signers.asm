; An account of two signers: it does what both of them have signed.
;
; constructor  two words: the addresses of the signers
; functions    validateTransaction, payForTransaction, prepareForPaymaster, executeTransaction: for the bootloader only.
;              Whoever else calls it, may: it takes value, and does nothing
; storage      slots 0 and 1: the signers
; signature    130 bytes: r, s, v of the first signer, then of the second one
;
; Calldata of the functions: the selector, two hashes, the place of the transaction (always right behind), and that: 19 words, some of
; which are places of byte strings, counted from its beginning.
        .data
transaction:                            ; a pointer to the transaction, and behind it what it consists of
        .cell   0
selector:
        .cell   0
hash:
        .cell   0
value:
        .cell   0
signature:                              ; a pointer to the part that is next
        .cell   0
signers:                                ; how many are left
        .cell   0

        .text
entry:
        and!    1, r2, r0               ; r2: bit 0 marks the call of the constructor
        jump.ne @constructor
        context.caller r2
        sub!    @bootloader[0], r2, r0
        jump.eq @of_bootloader
        ret.ok  r0

constructor:
        ld.inc  r1, r3, r1
        ld      r1, r4
        sstore  r0, r3
        add     1, r0, r2
        sstore  r2, r4
        add     32, r0, r3              ; immutables: an array without elements
        st.1    0, r3
        st.1    32, r0
        add     @two_words[0], r0, r1
        ret.ok  r1

of_bootloader:
        ld      r1, r2
        shr.s   224, r2, r2
        add     r2, r0, stack[@selector]
        add     36, r0, r3              ; the second hash is the one that is signed
        ptr.add r1, r3, r4
        ld      r4, r5
        add     r5, r0, stack[@hash]
        add     100, r0, r3
        ptr.add r1, r3, r1
        ptr.add r1, r0, stack[@transaction]
        sub!    @validate[0], r2, r0
        jump.eq @do_validate
        sub!    @pay[0], r2, r0
        jump.eq @do_pay
        sub!    @execute[0], r2, r0
        jump.eq @do_execute
        sub!    @prepare[0], r2, r0
        jump.ne @fail
        ret.ok  r0                      ; the paymaster pays

do_validate:
        add     @increment_nonce[0], r0, r3
        st.1    0, r3
        add     256, r0, r3             ; word 8: the nonce
        ptr.add r1, r3, r2
        ld      r2, r3
        st.1    4, r3
        add     @nonce_call[0], r0, r1
        add     @nonce_holder[0], r0, r2
        far_call r1, r2, @fail
        add     480, r0, r3             ; word 15: the place of the signature
        ptr.add stack[@transaction], r3, r2
        ld      r2, r3
        ptr.add stack[@transaction], r3, r2
        ld.inc  r2, r3, r2
        add     130, r0, r4
        sub!    r3, r4, r0
        jump.ne @refuse                 ; not of two signers
        ptr.add r2, r0, stack[@signature]
        add     2, r0, stack[@signers]
next_signer:
        add     stack[@hash], r0, r3
        st.1    0, r3                   ; what ecrecover takes: hash, v, r, s
        ptr.add stack[@signature], r0, r2
        ld.inc  r2, r3, r2
        st.1    64, r3
        ld.inc  r2, r3, r2
        st.1    96, r3
        ld      r2, r3
        shr.s   248, r3, r3
        st.1    32, r3
        add     1, r0, r4
        ptr.add r2, r4, stack[@signature]
        add     @recover_call[0], r0, r1
        add     1, r0, r2
        far_call.static r1, r2, @refuse
        ld      r1, r3                  ; who has signed; zero if nobody has
        add     2, r0, r4
        sub.s   stack[@signers], r4, r4
        sload   r4, r4
        sub!    r3, r4, r0
        jump.ne @refuse
        add!    r3, r0, r0
        jump.eq @refuse
        add     1, r0, r3
        sub!    stack[@signers], r3, stack[@signers]
        jump.ne @next_signer
        add     @validate[0], r0, r3    ; the selector says that it is valid
        shl.s   224, r3, r3
        jump    @answer
refuse:                                 ; no revert: so that fees can be estimated without signatures
        add     r0, r0, r3
answer:
        st.1    0, r3
        add     @one_word[0], r0, r1
        ret.ok  r1

do_pay:
        add     96, r0, r3              ; word 3: the gas limit
        ptr.add r1, r3, r2
        ld      r2, r4
        add     160, r0, r3             ; word 5: the most that gas may cost
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
        ret.ok  r0

do_execute:
        add     288, r0, r3             ; word 9: the value
        ptr.add r1, r3, r2
        ld      r2, r3
        add     r3, r0, stack[@value]
        add     64, r0, r3              ; word 2: whom to call
        ptr.add r1, r3, r2
        ld      r2, r4
        add     448, r0, r3             ; word 14: the place of the calldata
        ptr.add r1, r3, r2
        ld      r2, r3
        ptr.add r1, r3, r1
        ld.inc  r1, r6, r1
        ; What is left behind the pointer is more than the calldata: it is cut there.
        shr.s   96, r1, r7
        and     @mask[0], r7, r7        ; bytes behind the pointer's start
        and     @mask[0], r1, r8        ; where in them it points
        sub     r7, r8, r7
        sub!    r7, r6, r7
        jump.lt @fail
        ptr.shrink r1, r7, r1
        add     @forward_call[0], r0, r7
        ptr.pack r1, r7, r1
        add     stack[@value], r0, r3
        add     r0, r0, r5
        add     @value_simulator[0], r0, r2
        far_call r1, r2, @forward_failure
        add     @forward[0], r0, r2
        ptr.pack r1, r2, r1
        ret.ok  r1
forward_failure:
        add     @forward[0], r0, r2
        ptr.pack r1, r2, r1
        ret.revert r1
fail:
        ret.revert r0

        .rodata
mask:
        .cell   4294967295
bootloader:
        .cell   32769
nonce_holder:
        .cell   32771
value_simulator:
        .cell   32777
validate:                               ; selector of validateTransaction
        .cell   539741415
pay:                                    ; selector of payForTransaction
        .cell   3807582435
execute:                                ; selector of executeTransaction
        .cell   3751548297
prepare:                                ; selector of prepareForPaymaster
        .cell   2727090926
increment_nonce:                        ; selector of incrementMinNonceIfEquals(uint256), at the left
        .cell   101833313074280760268022386925307882671927842275049152500405034683658867310592
one_word:                               ; 32 bytes from address 0 of the heap
        .cell   2535301200456458802993406410752
two_words:                              ; 64 bytes from address 0 of the heap
        .cell   5070602400912917605986812821504
nonce_call:                             ; a system call with all ergs and 36 bytes from address 0
        .cell   452312875543213049246862219470521463235677130881850310230864377538068611072
recover_call:                           ; a call with all ergs and 128 bytes from address 0
        .cell   26959946660873538059280334323183841260570682808264052248613201379328
empty_call:                             ; a system call with all ergs and no bytes
        .cell   452312875543213049246862219470521463235677128029636459717348224170486398976
forward_call:                           ; a system call with all ergs that forwards a pointer
        .cell   452312902503159716397502014137536550255307801666780882257920705274096648192
forward:                                ; a return that forwards a pointer
        .cell   26959946667150639794667015087019630673637144422540572481103610249216
