r"""The commands that are read: what each of them stands for.

A command that stands in none of these tables is unknown, and a text with one that does is taken for LaTeX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.spelling import GREEK_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection

GREEK = {f"\\{name}": name for name in GREEK_NAMES} | {
    "\\varepsilon": "epsilon",
    "\\vartheta": "theta",
    "\\varphi": "phi",
    "\\varrho": "rho",
    "\\varsigma": "sigma",
    "\\varpi": "pi",
    "\\varkappa": "kappa",
    "\\ell": "ell",
}

# fonts: of a letter (and whether the letter is then bold), and of an upright word
BOLD = frozenset(
    "\\mathbf \\bm \\boldsymbol \\pmb \\mathbfit \\symbf \\vec \\textbf \\bf \\bfseries \\boldmath \\mathbbm".split()
)
UPRIGHT = frozenset("\\mathrm \\mathsf \\mathtt \\mathit \\text \\textrm \\textit \\textsf \\textnormal \\mbox".split())
WORDS = UPRIGHT | frozenset("\\operatorname \\operatorname* \\rm \\sf \\it \\tt".split())
FONTS = WORDS | BOLD | frozenset("\\mathcal \\mathscr \\mathfrak \\mathbb \\cal \\mathnormal \\mathds \\mit".split())
# these stand inside of the braces they act on
SWITCHES = frozenset("\\rm \\bf \\it \\sf \\tt \\cal \\mit \\bfseries \\boldmath".split())

# what a sign over a letter adds to its name
ACCENTS = {
    "\\hat": "hat",
    "\\widehat": "hat",
    "\\tilde": "tilde",
    "\\widetilde": "tilde",
    "\\bar": "bar",
    "\\overline": "bar",
    "\\dot": "dot",
    "\\ddot": "ddot",
    "\\check": "check",
    "\\breve": "breve",
    "\\acute": "acute",
    "\\grave": "grave",
    "\\mathring": "ring",
    "\\underline": "under",
}

# functions by their commands; other names are written \operatorname{...}
FUNCTIONS = {f"\\{name}": name for name in "exp log det sin cos tan sinh cosh tanh max min sqrt diag".split()} | {
    "\\ln": "log",
    "\\arcsin": "asin",
    "\\arccos": "acos",
    "\\arctan": "atan",
    "\\tr": "tr",
    "\\Tr": "tr",
    "\\trace": "tr",
    "\\Trace": "tr",
    "\\Diag": "diag",
    "\\sign": "sign",
    "\\sgn": "sign",
    "\\sigmoid": "sigmoid",
    "\\softmax": "softmax",
    "\\softplus": "softplus",
    "\\relu": "relu",
    "\\ReLU": "relu",
    "\\logdet": "logdet",
    "\\erf": "erf",
}
OTHER_WORDS = frozenset({"Var", "Std", "Mean"})  # of random variables, not of the entries of an array
# in words, as in \operatorname{sgn}: what differs from the name in the language by more than capitals
FUNCTION_WORDS = {"sgn": "sign", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh"}
# letters that stand for a function where each of them in the formula is followed by a bracket
LETTER_FUNCTIONS = {"\\sigma": "sigmoid", "\\Phi": "normcdf", "\\Gamma": "gamma"}
# letters that usually name a function: before a bracket they are not read as factors
FUNCTION_LETTERS = frozenset("d f g h \\phi \\varphi \\psi \\Psi \\sigma \\Phi \\Gamma".split())
# a function of a function that has a name of its own
FUSED = {("log", "det"): "logdet", ("log", "gamma"): "lgamma"}

SIGNS = {
    "+": "PLUS",
    "-": "MINUS",
    "\u2212": "MINUS",
    "*": "TIMES",
    "\\times": "TIMES",
    "\\ast": "TIMES",
    "\u00d7": "TIMES",
    "\\cdot": "DOT",
    "\\bullet": "DOT",
    "\u00b7": "DOT",
    "\u22c5": "DOT",
    "/": "OVER",
    "\\div": "OVER",
    "\\backslash": "UNDER",
    ".*": "HAD",
    "\\odot": "HAD",
    "\\circ": "HAD",
    "\\bigodot": "HAD",
    "\u2299": "HAD",
    "\u2218": "HAD",
    "./": "HADDIV",
    "\\oslash": "HADDIV",
    "\u2298": "HADDIV",
    "\\otimes": "KRON",
    "\u2297": "KRON",
}
EQUALITIES = frozenset("= \\equiv \\coloneqq \\coloneq \\triangleq \\eqdef \\doteq \\colonequals".split())
FRACTIONS = frozenset("\\frac \\tfrac \\dfrac \\cfrac \\nicefrac \\sfrac".split())
TRANSPOSED = frozenset("\\top \\intercal \\prime \\transpose \\trans \\tran \\T \u22a4 ' \u2019".split())

OPENING = {"(": ")", "[": "]", "\\{": "\\}", "\\lbrace": "\\}", "\\lbrack": "]"}
CLOSING = {")": ")", "]": "]", "\\}": "\\}", "\\rbrace": "\\}", "\\rbrack": "]"}
BARS = {"|": "BAR", "\\vert": "BAR", "\\|": "NORM", "||": "NORM", "\\Vert": "NORM", "\u2016": "NORM"}
BARS_OPEN = {"\\lvert": "BAR", "\\lVert": "NORM"}
BARS_CLOSE = {"\\rvert": "BAR", "\\rVert": "NORM"}
ANGLES_OPEN = frozenset({"\\langle", "\u27e8"})
ANGLES_CLOSE = frozenset({"\\rangle", "\u27e9"})
# sizes before a delimiter: l opens, r closes, the others leave it to what stands before
GROWING_LEFT = frozenset("\\left \\bigl \\Bigl \\biggl \\Biggl".split())
GROWING_RIGHT = frozenset("\\right \\bigr \\Bigr \\biggr \\Biggr".split())
GROWING = GROWING_LEFT | GROWING_RIGHT | frozenset("\\big \\Big \\bigg \\Bigg".split())

# only typesetting: alone, or with an argument that says nothing either
BLANKS = frozenset(
    """\\, \\; \\: \\! \\> \\/ \\- \\quad \\qquad \\enspace \\thinspace \\medspace \\thickspace \\negthinspace
    \\displaystyle \\textstyle \\scriptstyle \\limits \\nolimits \\nonumber \\notag \\allowbreak \\noindent \\centering
    \\hfill \\strut \\mathstrut \\normalsize \\small \\large \\Large \\par \\relax \\mathbin \\mathrel \\mathord
    \\mathopen \\mathclose \\mathinner \\ensuremath \\boxed \\protect \\allowdisplaybreaks \\displaylimits
    """.split()
) | {"\\ ", "\\\n", "\\\t"}
WITH_ARGUMENT = frozenset(
    "\\label \\tag \\tag* \\hspace \\hspace* \\vspace \\vspace* \\phantom \\hphantom \\vphantom \\color".split()
)
# the second argument is the formula, the first stands beside it
SECOND_ARGUMENT = frozenset("\\overset \\stackrel \\textcolor \\colorbox".split())
# the argument is the formula, a script of it a remark
BRACED_ABOVE = frozenset({"\\underbrace", "\\overbrace"})

WRAPPERS = frozenset(
    """equation align aligned gather gathered split multline multlined eqnarray displaymath math flalign alignat
    alignedat dmath document""".split()
)
CASES = frozenset({"cases", "dcases"})
MATRICES = CASES | frozenset(
    "matrix pmatrix bmatrix Bmatrix smallmatrix psmallmatrix bsmallmatrix array vmatrix".split()
)
REFUSED_ENVIRONMENTS = {
    "rcases": "a formula by cases is not read",
    "Vmatrix": "the norm of a matrix written out is not read",
}
CASES_MEND = "write two cases: x & \\text{if } x > 0 \\\\ 0 & \\text{otherwise}"
# words between the cases of a formula
CASE_WORDS = {"if": "", "for": "", "when": "", "and": "AND", "otherwise": "OTHERWISE", "else": "OTHERWISE"}
CASE_SIGNS = {">": "GREATER", "\\gt": "GREATER", "<": "LESS", "\\lt": "LESS"}

# commands that are known and have no reading here, with what to do instead
REFUSED = {
    "\\prod": ("products over an index are not read", "of all entries of x, the product is \\operatorname{prod}(x)"),
    "\\int": ("integrals are not read", None),
    "\\iint": ("integrals are not read", None),
    "\\oint": ("integrals are not read", None),
    "\\lim": ("limits are not read", None),
    "\\sup": ("a supremum is not read", None),
    "\\inf": ("an infimum is not read", None),
    "\\infty": ("infinity is not a number here", None),
    "\\pm": ("a sign that may be plus or minus is not read", "write + or -"),
    "\\mp": ("a sign that may be plus or minus is not read", "write + or -"),
    "\\ldots": ("dots that leave terms out are not read", "write \\sum_{i=1}^{n} for a sum"),
    "\\cdots": ("dots that leave terms out are not read", "write \\sum_{i=1}^{n} for a sum"),
    "\\dots": ("dots that leave terms out are not read", "write \\sum_{i=1}^{n} for a sum"),
    "\\oplus": ("a direct sum is not read", None),
    "\\ominus": ("\\ominus is not read", None),
    "\\wedge": ("\\wedge is not read", None),
    "\\cup": ("sets are not read", None),
    "\\cap": ("sets are not read", None),
    "\\setminus": ("sets are not read", None),
    "\\in": ("a set is not read here", "leave it out, and declare the variable: X: matrix(m,n)"),
    "\\forall": ("conditions are not read", "leave it out"),
    "\\exists": ("conditions are not read", "leave it out"),
    "\\middle": ("a bar in the middle of a bracket is not read", None),
    "\\dagger": ("\\dagger is read as an exponent only", None),
    "\\lfloor": ("rounding has no derivative", None),
    "\\lceil": ("rounding has no derivative", None),
    "\\binom": ("binomial coefficients are not read", None),
    "\\And": ("& is read in matrices and aligned lines only", None),
}
COMPARISONS = frozenset(
    """< > \\le \\ge \\leq \\geq \\leqslant \\geqslant \\lt \\gt \\ne \\neq \\approx \\sim \\simeq \\propto
    \\cong \\preceq \\succeq \\prec \\succ \\ll \\gg \\to \\rightarrow \\Rightarrow \\implies \\iff \\mapsto
    \\leftarrow \\Leftrightarrow \\leftrightarrow \\longrightarrow \\Longrightarrow \\perp \\parallel \\subset
    \\subseteq \\mid \\gets
    """.split()
)

DERIVATIVES = frozenset({"\\nabla", "\\partial"})
OPTIMA = {"\\min": "min", "\\max": "max", "\\argmin": "argmin", "\\argmax": "argmax", "\\minimize": "min"} | {
    "\\maximize": "max",
    "\\arg": "arg",
}
DEFINING = frozenset(
    "\\newcommand \\newcommand* \\renewcommand \\renewcommand* \\providecommand \\providecommand* \\def".split()
) | {"\\DeclareMathOperator", "\\DeclareMathOperator*", "\\gdef", "\\let"}
OTHERS = frozenset(
    "\\mathop \\sum \\sqrt \\over \\begin \\end \\underset \\star \\colon \\[ \\] \\( \\) \\\\ \\& \\$ \\_".split()
)


def style_macro(command: str) -> tuple[str, bool] | None:
    r"""The letter behind a macro of the styles that are in use, and whether it is bold: `\vx`, `\mA`, `\bSigma`.

    >>> style_macro("\\vx"), style_macro("\\mSigma"), style_macro("\\bw"), style_macro("\\foo")
    (('x', True), ('Sigma', True), ('w', True), None)
    """
    prefix, rest = command[1:2], command[2:]
    letter = rest if len(rest) == 1 and rest.isascii() and rest.isalpha() else GREEK.get("\\" + rest)
    if rest in ("one", "zero") and prefix == "v":
        return ("1" if rest == "one" else "0"), True
    if letter is None or prefix not in ("v", "m", "b") or (prefix == "m" and not letter[0].isupper()):
        return None
    return letter, True


def function_of_word(word: str, functions: Collection[str]) -> str | None:
    """The function that an upright word names, in whatever spelling; None where none of that name is known.

    >>> function_of_word("Tr", {"tr"}), function_of_word("ReLU", {"relu"}), function_of_word("loss", {"tr"})
    ('tr', 'relu', None)
    """
    if word in OTHER_WORDS:
        return None
    spellings = (word, FUNCTION_WORDS.get(word, ""), word.lower())
    return next((name for name in spellings if name in functions), None)


KNOWN = frozenset().union(
    GREEK,
    FONTS,
    ACCENTS,
    FUNCTIONS,
    SIGNS,
    EQUALITIES,
    FRACTIONS,
    TRANSPOSED,
    OPENING,
    CLOSING,
    BARS,
    BARS_OPEN,
    BARS_CLOSE,
    ANGLES_OPEN,
    ANGLES_CLOSE,
    GROWING,
    BLANKS,
    WITH_ARGUMENT,
    SECOND_ARGUMENT,
    BRACED_ABOVE,
    REFUSED,
    COMPARISONS,
    DERIVATIVES,
    OPTIMA,
    DEFINING,
    OTHERS,
)


def is_known(command: str) -> bool:
    """Whether a command is one that is read, or refused for a reason of its own."""
    return command in KNOWN or style_macro(command) is not None
