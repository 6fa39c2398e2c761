; Counts how often it is called.
;
; calldata     none: it counts; anything else: it reverts
; storage      slot 0: the count
; returns      one word: the count
; constructor  begins at 0; returns the empty list of immutables that ContractDeployer expects
        .text
entry:
        and!    1, r2, r0               ; r2: bit 0 asks for the constructor
        jump.ne @construct
        shr.s   96, r1, r2              ; r1 points to the calldata; its length in bytes
        and!    @mask[0], r2, r0
        jump.ne @refuse
        sload   r0, r2
        add     1, r2, r2
        sstore  r0, r2
        st.1    0, r2
        add     @one_word[0], r0, r1
        ret.ok  r1
construct:
        add     32, r0, r2
        st.1    0, r2
        st.1    32, r0
        add     @two_words[0], r0, r1
        ret.ok  r1
refuse:
        ret.revert r0
        .rodata
mask:
        .cell   4294967295
one_word:
        .cell   2535301200456458802993406410752
two_words:
        .cell   5070602400912917605986812821504
