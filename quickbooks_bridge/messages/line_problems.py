"""Problems of an invoice's lines and files, and of billing the same twice, that are known before anything is sent."""

from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .problem_kind import ProblemKind

LINE_KINDS: tuple[ProblemKind, ...] = (
    ProblemKind(
        ProblemCode.LINES_TOO_MANY,
        _("Too many lines for one invoice"),
        _(
            "QuickBooks allows up to %(most)s lines, and there are %(count)s. The lines beyond come to "
            "%(amount)s. Bill them on a second invoice."
        ),
    ),
    ProblemKind(
        ProblemCode.LINES_LEFT_OUT,
        _("The deal has more lines than an invoice"),
        _(
            "QuickBooks allows up to %(most)s lines. The first are here; %(count)s more lines of the deal, which come "
            "to %(amount)s, are left for the next invoice."
        ),
        fix="bill_first_lines",
    ),
    ProblemKind(
        ProblemCode.NO_LINES,
        _("Nothing to bill yet"),
        _("An invoice needs at least one line. Add one."),
        fix="add_line",
    ),
    ProblemKind(
        ProblemCode.LINE_UNNAMED,
        _("Line %(number)s has no name"),
        _("Write what this line bills."),
    ),
    ProblemKind(
        ProblemCode.LINE_TEXT_TOO_LONG,
        _("The text of line %(number)s is too long"),
        _("This text is too long for QuickBooks. Shorten it."),
    ),
    ProblemKind(
        ProblemCode.LINE_UNLINKED,
        _("Line %(number)s has no QuickBooks product"),
        _("“%(name)s” must be linked to a QuickBooks product once; it is remembered for next time."),
        fix="link_product",
    ),
    ProblemKind(
        ProblemCode.ITEM_GONE,
        _("The product of line %(number)s is gone"),
        _("The product of line %(number)s is no longer in QuickBooks. Choose another one."),
        fix="choose_product",
    ),
    ProblemKind(
        ProblemCode.ITEM_CATEGORY,
        _("“%(item)s” is a category"),
        _("%(item)s is a category, which cannot be sold. Choose a product in it."),
        fix="choose_product",
    ),
    ProblemKind(
        ProblemCode.ITEM_BUNDLE,
        _("Line %(number)s is a bundle"),
        _(
            "%(item)s is a bundle of products, whose prices and taxes are those of its parts. Take its products "
            "instead of the line."
        ),
        fix="open_bundle",
    ),
    ProblemKind(
        ProblemCode.BUNDLE_EMPTY,
        _("Bundle in line %(number)s has no products"),
        _(
            "%(item)s stands alone. QuickBooks would fill it with its own products at its own prices, and the total "
            "would be another. Take its products, or remove the line."
        ),
        fix="fill_bundle",
    ),
    ProblemKind(
        ProblemCode.ITEM_INACTIVE,
        _("“%(item)s” is inactive in QuickBooks"),
        _("%(item)s is inactive in QuickBooks, which refuses inactive products. Choose another one."),
        fix="activate_product",
    ),
    ProblemKind(
        ProblemCode.QUANTITY_ZERO,
        _("Line %(number)s has no quantity"),
        _("A quantity of zero bills nothing. Write a quantity, or remove the line."),
        fix="remove_line",
    ),
    ProblemKind(
        ProblemCode.IDENTICAL_INVOICE,
        _("Invoice %(number)s of this deal bills exactly this"),
        _("Say why it is billed once more, in a few words, or change what is billed."),
    ),
    ProblemKind(
        ProblemCode.BILLED_AGAIN,
        _("Invoice %(number)s bills the same"),
        _("It is billed once more for the reason that you wrote, which stays in the invoice's history."),
    ),
    ProblemKind(
        ProblemCode.SIMILAR_INVOICE,
        _("Already in QuickBooks? Invoice %(number)s"),
        _(
            "It is for the same customer, %(amount)s of %(day)s, and belongs to no deal. If it is this sale, link it."
        ),
        fix="adopt",
    ),
    ProblemKind(
        ProblemCode.FILE_KIND,
        _("A file of this kind cannot be attached"),
        _("QuickBooks takes PDF, pictures, text, CSV, Word and Excel files. Save it as one of these."),
    ),
    ProblemKind(
        ProblemCode.FILE_EMPTY,
        _("The file is empty"),
        _("There is nothing in this file. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.FILE_TOO_LARGE,
        _("The file is too large"),
        _("A file can have up to 10 MB. Make it smaller, or attach it in QuickBooks."),
    ),
    ProblemKind(
        ProblemCode.FILES_TOO_MANY,
        _("Too many files"),
        _("An invoice can have up to 10 files from here. Remove one first."),
    ),
    ProblemKind(
        ProblemCode.STOCK_NOT_COUNTED,
        _("The stock of %(item)s is counted from a later day"),
        _(
            "QuickBooks counts the stock of %(item)s from %(day)s on and refuses sales before it. Choose a later "
            "issue date, or another product."
        ),
        fix="date",
    ),
    ProblemKind(
        ProblemCode.STOCK_SHORT,
        _("More than the stock of %(item)s"),
        _("QuickBooks counts %(left)s left. It may take the invoice and show less than none."),
    ),
    ProblemKind(
        ProblemCode.NUMBER_TOO_LARGE,
        _("A number on line %(number)s is too large"),
        _("This number is too large for QuickBooks. Write a smaller one."),
    ),
    ProblemKind(
        ProblemCode.DECIMALS_5,
        _("Too many decimals on line %(number)s"),
        _("QuickBooks allows up to five decimals here."),
    ),
    ProblemKind(
        ProblemCode.ITEM_NAME_TAKEN,
        _("QuickBooks already has this product"),
        _("QuickBooks already has a product called %(name)s. Link it, or rename the line."),
        fix="link_namesake_product",
    ),
    ProblemKind(
        ProblemCode.NO_INCOME_ACCOUNT,
        _("No income account known"),
        _("No product in QuickBooks names an income account yet. Make the first product there."),
    ),
)
