; Calls another contract with 64 bytes of calldata on the heap, and reads what it returns.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        nop     stack+=[1]
        add     @seed, r0, r4
loop:
        add     r15, r0, stack=[0]
        st.1    0, r4
        st.1    32, r15
        add     @call, r0, r1
        add     @callee, r0, r2
        far_call r1, r2, @failed
        ld      r1, r4
        add     stack=[0], r0, r15
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
failed:
        panic
        .rodata
seed:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
call:                                   ; all ergs, 64 bytes from 0
        .cell   26959946660873538059280334323183841255500080407351134642626388557824
callee:
        .cell   131072
