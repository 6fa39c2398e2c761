A result is stored if what would overwrite it is skipped, also where native code knows that when it is compiled.

;; entry 0x8001
        .text
entry:
        add     1, r0, r7
        sub.s!  1, r7, r7
        add.eq  1, r0, r8
        add.ne  2, r0, r8
        jump    @on
on:
        sub.s!  1, r8, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
