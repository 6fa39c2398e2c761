A count down that goes below zero sets LT, one that stops above it GT, one that reaches it EQ; also where the borrow goes through all limbs.

;; entry 0x8001
        .text
entry:
        add     3, r0, r2
        add     1, r0, r5
        shl.s   64, r5, r5
        add     1, r0, r7
        jump    @count
count:
        sub.s!  5, r2, r2
        add.lt  1, r0, r3
        add.gt  2, r0, r3
        add.eq  4, r0, r3
        sub.s!  1, r2, r2
        add.gt  1, r0, r4
        add.lt  2, r0, r4
        sub.s!  1, r5, r5
        add.gt  1, r0, r6
        add.lt  2, r0, r6
        sub.s!  1, r7, r7
        add.eq  1, r0, r8
        add.ne  2, r0, r8
; whoever sees other flags panics
        sub.s!  1, r3, r0
        jump.ne @wrong
        sub.s!  1, r4, r0
        jump.ne @wrong
        sub.s!  1, r6, r0
        jump.ne @wrong
        sub.s!  1, r8, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
