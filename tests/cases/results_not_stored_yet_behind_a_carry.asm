Native code is left behind a count with a carry. What it has not stored because it is overwritten later, on the stack and in a register, is
there for who goes on.

;; entry 0x8001
        .text
; native code goes on where the stack's memory is there
entry:
        add     1, r0, stack[20]
        add     3, r0, r2
        add     4, r0, r4
        jump    @on
on:
        nop     stack+=[1]
        add     r2, r4, stack-[1]
        add     r4, r4, r7
        sub.s!  5, r2, r2
        add     stack-[1], r0, r5
        add     r7, r0, r8
        add     6, r0, stack-[1]
        add     9, r0, r7
        add     stack-[1], r0, r6
; whoever reads something else panics
        sub.s!  7, r5, r0
        jump.ne @wrong
        sub.s!  6, r6, r0
        jump.ne @wrong
        sub.s!  8, r8, r0
        jump.ne @wrong
        sub.s!  9, r7, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
