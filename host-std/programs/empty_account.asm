; An account that accepts every call and returns nothing.
        .text
entry:
        ret.ok  r0
