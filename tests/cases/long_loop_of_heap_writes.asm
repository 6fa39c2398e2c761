A long run of one kind of instruction takes no stack of the host: handlers jump to each other.

;; stipend 65536
;; ergs 2000000
;; entry 0x8001
        .text
entry:
        add     1, r0, r4
again:
        st.1    64, r4
        st.1.inc 96, r4, r5
        context.this r6
        jump    @again
