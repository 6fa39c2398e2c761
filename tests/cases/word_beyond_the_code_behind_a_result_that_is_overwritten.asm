A word of the code page that a register leads to may be beyond its end; native code leaves there, and all results before it are stored.

;; entry 0x8001
        .text
entry:
        add     60000, r0, r4
        add     5, r0, r14
        add     code[r4 + 7], r8, r14
        ret     r0
