-- Failures that say the same: macros that measures, queries and bundles read.

CREATE OR REPLACE MACRO first_line(message) AS regexp_replace(
    trim(split_part(trim(message, E' \t\r\n'), E'\n', 1), E' \t\r'), ' \([^()]*, line [0-9]+\)$', ''
);

-- What must not be replaced stands in ⟪ and ⟫ for a moment.
CREATE OR REPLACE MACRO without_quoted(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                message,
                '\B[''"](int|float|complex|str|bytes|bytearray|bool|list|tuple|dict|set|frozenset|range|slice|type|function|method|module|generator|NoneType|ellipsis|object|builtin_function_or_method|map|filter|zip|enumerate|ndarray|DataFrame|Series)[''"]\B',
                '⟪\1⟫',
                'g'
            ),
            '\B("[^"]*"|`[^`]*`)\B', '''…''', 'g'
        ),
        '\B''[^'']*''\B', '''…''', 'g'
    ),
    '⟪(\w+)⟫', '''\1''', 'g'
);

CREATE OR REPLACE MACRO without_functions(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            message,
            '\b(int|float|complex|str|bytes|bool|list|tuple|dict|set|range|len|print|input|open|sum|min|max|abs|round|sorted|reversed|map|filter|zip|enumerate|isinstance|type|super|iter|next|ord|chr|pow|divmod)\(\)',
            '⟪\1⟫',
            'g'
        ),
        '[A-Za-z_][\w.<>]*\(\)', '…()', 'g'
    ),
    '⟪(\w+)⟫', '\1()', 'g'
);

CREATE OR REPLACE MACRO without_numbers(message) AS regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(message, '\b0x[0-9A-Fa-f]+\b', 'ADDRESS', 'g'),
            '([A-Za-z]:)?([/\\][\w.~-]+){2,}', 'PATH', 'g'
        ),
        '-?\b[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?\b', 'N', 'g'
    ),
    '\bN(, ?N)+\b', 'N, …', 'g'
);

-- What a failure says, without what differs from student to student: its first line, in which
--   the file and line at its end are left out;
--   quoted texts are '…', except the names of Python's own types, which say what went wrong;
--   the names of called functions are …(), except Python's own;
--   numbers are N, and a row of them is N, …; paths and addresses in memory are PATH and ADDRESS.
-- So `name 'foo' is not defined` and `name 'bar' is not defined` are the same failure, while
-- `'int' object is not callable` and `'str' object is not callable` are two.
CREATE OR REPLACE MACRO error_pattern(message) AS left(
    without_numbers(without_functions(without_quoted(first_line(message)))), 300
);
