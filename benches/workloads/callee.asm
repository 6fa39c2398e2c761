; What far_call calls: the sum of two words, returned from its heap.
        .text
entry:
        ld.inc  r1, r2, r1
        ld      r1, r3
        add     r2, r3, r4
        add     977, r4, r4
        st.1    0, r4
        add     @result, r0, r1
        ret     r1
        .rodata
result:                                 ; 32 bytes from 0
        .cell   2535301200456458802993406410752
