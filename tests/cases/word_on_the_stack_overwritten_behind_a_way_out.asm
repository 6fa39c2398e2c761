A result on the stack is stored if native code may leave before it is overwritten: here at a word beyond the end of the code. Who goes on
reads it.

;; entry 0x8001
        .text
; native code goes on where the stack's memory is there
entry:
        add     1, r0, stack[20]
        jump    @on
on:
        add     60000, r0, r4
        nop     stack+=[1]
        add     5, r0, stack-[1]
        add     code[r4 + 7], r8, r14
        add     stack-[1], r0, r5
        add     6, r0, stack-[1]
        add     stack-[1], r0, r6
; whoever reads something else panics
        sub.s!  5, r5, r0
        jump.ne @wrong
        sub.s!  6, r6, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
