; Recovers the signer of a digest that includes the last one, for 7000 ergs.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @signature[0], r0, r3
        st.1    64, r3
        add     @signature[1], r0, r3
        st.1    96, r3
        add     @call, r0, r4
        add     7000, r0, r5
loop:
        ld.1    160, r3
        add     r3, r15, r3
        st.1    0, r3
        and     1, r15, r3
        st.1    32, r3
        precompile r4, r5, r6
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
signature:                              ; r (the generator's x, so that there is a point) and s
        .cell   55066263022277343669578718895168534326250603453777594175500187360389116729240
        .cell   16535237397574502709598351411079544002432979973822806020509171651778233018936
call:                                   ; four words from word 0, two words to word 4
        .cell   158456325102315651499105976320
