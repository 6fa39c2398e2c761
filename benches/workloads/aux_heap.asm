; Words written to and read from the auxiliary heap within what a frame has for free: aligned, shifted by one byte, and a
; scan with addresses that step forward.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r3
        add     @seeds[1], r0, r4
        add     256, r0, r8
loop:
        st.2    64, r3
        st.2    r8, r4
        ld.2    64, r5
        add     r5, r4, r4
        add     r0, r8, r6
        st.2.inc r6, r3, r6
        st.2.inc r6, r4, r6
        add     1, r6, r6
        st.2    r6, r5
        ld.2    r6, r7
        xor     r7, r3, r3
        ld.2.inc r8, r9, r8
        ld.2    r8, r10
        add     r9, r10, r9
        add     r9, r3, r3
        and     @mask, r8, r8
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
mask:
        .cell   2047
