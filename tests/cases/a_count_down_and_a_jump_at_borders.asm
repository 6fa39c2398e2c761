A count down and the jump behind it, where the lowest limb is above, at and below what is taken away, with and without limbs above it: the jump and the flags that its target finds.

;; entry 0x8001
        .text
entry:
        add     1, r0, r1
        shl.s   64, r1, r1
        add     2, r1, r4               ; 2⁶⁴ + 2
        add     0, r1, r5               ; 2⁶⁴
        add     7, r0, r6
        add     5, r0, r7
        add     0, r0, r8
        add     3, r0, r9
        add     9, r0, r12
        jump    @count
count:
; down to 2⁶⁴ − 1 and on: above, at, below
        sub.s!  1, r4, r4
        jump.ne @above
        jump    @wrong
above:
        jump.le @wrong
        sub.s!  1, r4, r4
        jump.ne @at
        jump    @wrong
at:
        jump.le @wrong
        sub.s!  1, r4, r4
        jump.gt @below
        jump    @wrong
below:
        jump.le @wrong
        sub.s!  1, r5, r5
        jump.ge @through
        jump    @wrong
through:
        jump.le @wrong
; nothing is left, or less than that
        sub.s!  @seven[0], r6, r6
        jump.ne @wrong
        jump.gtlt @wrong
        jump.ne @wrong
        sub.s!  6, r7, r7
        jump.gt @wrong
        jump.ge @wrong
        jump.lt @less
        jump    @wrong
less:
        sub.s!  1, r8, r8
        jump.ne @all
        jump    @wrong
all:
        jump.ge @wrong
; a loop of three turns
turn:
        add     1, r10, r10
        sub.s!  1, r9, r9
        jump.gtlt @turn
; jumps that are not taken where something is left
        sub.s!  1, r12, r12
        jump.eq @wrong
        sub.s!  1, r12, r12
        jump.le @wrong
        sub.s!  1, r12, r12
        jump.lt @wrong
        sub.s!  6, r12, r12
        jump.le @none
        jump    @wrong
none:
        jump.ne @wrong
; what is left is what was counted
        sub.s!  1, r1, r11
        sub!    r4, r11, r0
        jump.ne @wrong
        sub!    r5, r11, r0
        jump.ne @wrong
        sub!    r6, r0, r0
        jump.ne @wrong
        add     1, r7, r7
        add!    r7, r0, r7
        jump.ne @wrong
        add     1, r8, r8
        add!    r8, r0, r8
        jump.ne @wrong
        sub.s!  3, r10, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
        .rodata
seven:
        .cell   7
