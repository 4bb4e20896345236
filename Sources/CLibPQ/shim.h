#include <libpq-fe.h>

// Fields of an error, as numbers: Swift does not import character macros.
static const int quoll_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int quoll_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int quoll_diag_message = PG_DIAG_MESSAGE_PRIMARY;
static const int quoll_diag_detail = PG_DIAG_MESSAGE_DETAIL;
static const int quoll_diag_hint = PG_DIAG_MESSAGE_HINT;
