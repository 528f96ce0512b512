"""Known-bad revisions of the security catalogue: of each check one that it catches, alone or first."""

from __future__ import annotations

from sandbox.faults.fault import ALL, TAKING_TOKENS, rows

_token, _sign = rows("security_tokens"), rows("security_signin")
_access, _input, _asked = rows("security_access"), rows("security_input"), rows("security_assistant")
_AUTH, _GATE, _PAGES, _ASK, _ASSETS = (
    *("auth-service", "api-gateway", "frontend", "nlp-assistant"),
    "asset-discovery",
)
_REMOTE = tuple(name for name in TAKING_TOKENS if name != _AUTH)
_WRITING = tuple(name for name in TAKING_TOKENS if name != _ASK)
_FOR_PEOPLE = (_AUTH, _ASSETS, "event-processor", "threat-detection", "decision-engine", _ASK)
_OF_RECORDS = (*_FOR_PEOPLE[1:], "behavioral-analysis")
_LISTS = (_AUTH, _ASSETS, "event-processor", "threat-detection", "behavioral-analysis", "decision-engine")

KNOWN = (
    _token("TOK-01", "operation-forgotten", ALL, "one operation is unchecked", "TOK-01-MISSING"),
    _token("TOK-02", "null-believed", TAKING_TOKENS, "the word null is a token", "TOK-02-GARBAGE"),
    _token("TOK-05", "unsigned-believed", TAKING_TOKENS, "None is not none", "TOK-05-NONE"),
    _token("TOK-06", "public-key-as-secret", TAKING_TOKENS, "the token picks HS256", "TOK-06-CONFUSION"),
    _token("TOK-07", "foreign-algorithm-believed", TAKING_TOKENS, "RSA is believed", "TOK-07-ALGORITHM"),
    _token("TOK-08", "weak-secret-believed", TAKING_TOKENS, "changeme signs tokens", "TOK-08-WEAK"),
    _token("TOK-09", "empty-key-believed", TAKING_TOKENS, "a missing key is empty", "TOK-09-BLANK"),
    _token("TOK-10", "key-id-as-path", TAKING_TOKENS, "the key id is a path", "TOK-10-KID"),
    _token("TOK-11", "keys-fetched", TAKING_TOKENS, "keys come from the token's address", "TOK-11-JKU"),
    _token("TOK-12", "key-inside-believed", TAKING_TOKENS, "the token brings its key", "TOK-12-JWK"),
    _token("TOK-14", "endless-believed", TAKING_TOKENS, "no expiry is no end", "TOK-14-NO-EXPIRY"),
    _token("TOK-15", "early-believed", TAKING_TOKENS, "nbf is not looked at", "TOK-15-EARLY"),
    _token("TOK-18", "type-unchecked", TAKING_TOKENS, "every signed token opens", "TOK-18-TYPE"),
    _token("TOK-19", "staging-believed", TAKING_TOKENS, "staging's tokens are good", "TOK-19-ENVIRONMENT"),
    _token("TOK-20", "revocation-unasked", _REMOTE, "nobody asks for revocation", "TOK-20-DISABLED"),
    _token("TOK-21", "extension-ignored", TAKING_TOKENS, "crit is not looked at", "TOK-21-CRIT"),
    _token("TOK-22", "claim-types-trusted", TAKING_TOKENS, "a list of subjects breaks", "TOK-22-CLAIM-TYPES"),
    _token("TOK-23", "token-tells", _AUTH, "tokens carry an address", "TOK-23-CONTENT"),
    _token("TOK-24", "first-credential-wins", TAKING_TOKENS, "one of two tokens counts", "TOK-24-TWO"),
    _token("TOK-25", "zeros-believed", TAKING_TOKENS, "a signature of zeros verifies", "TOK-25-PSYCHIC"),
    _sign("AUTH-05", "token-in-url", TAKING_TOKENS, "a token in the URL counts", "AUTH-05-URL"),
    _sign("AUTH-06", "loose-comparison", _AUTH, "true is every password", "AUTH-06-TYPES"),
    _sign("AUTH-07", "sql-at-login", _AUTH, "SQL signs in", "AUTH-07-SQL"),
    _sign("AUTH-08", "default-password", _AUTH, "admin and admin sign in", "AUTH-08-DEFAULTS"),
    _sign("AUTH-09", "old-password-unasked", _AUTH, "any old password is right", "AUTH-09-PASSWORD"),
    _sign("AUTH-12", "cookie-for-scripts", _PAGES, "scripts read the session", "AUTH-12-COOKIE"),
    _sign("AUTH-13", "session-kept", _PAGES, "the browser chooses its session", "AUTH-13-FIXATION"),
    _sign("OAU-03", "revocation-ignored", _AUTH, "revoking does nothing", "OAU-03-REVOKE"),
    _sign("OAU-05", "other-sessions-live", _AUTH, "a new password ends nothing", "OAU-05-OTHERS"),
    _sign("OAU-09", "password-grant", _AUTH, "a password buys a token", "OAU-09-GRANTS"),
    _sign("OAU-10", "roles-by-wish", _AUTH, "programs name their roles", "OAU-10-SCOPE"),
    _sign("OAU-11", "client-secret-unchecked", _AUTH, "every client secret is right", "OAU-11-CLIENT"),
    _sign("OAU-13", "private-key-published", _AUTH, "the key set is private", "OAU-13-KEYS"),
    _sign("S2S-05", "claimed-header-believed", TAKING_TOKENS, "a header is an identity", "S2S-05-HEADERS"),
    _access("S2S-04", "services-unlimited", _FOR_PEOPLE, "services open everything", "S2S-04-KIND"),
    _access("AUZ-01", "responder-forgotten", _OF_RECORDS, "a role is shut out", "AUZ-01-NAMED"),
    _access("AUZ-02", "roles-unchecked", _WRITING, "every person may do all", "AUZ-02-OTHERS", "SEC-03"),
    _access("AUZ-03", "operation-undeclared", ALL, "a write is declared open", "AUZ-03-INVENTORY"),
    _access("M07", "foreign-asset-readable", _ASSETS, "an id is enough", "AUZ-04-OBJECTS", "SEC-03"),
    _access("AUZ-04", "foreign-asset-changeable", _ASSETS, "an id changes it", "AUZ-04-OBJECTS", "SEC-03"),
    _access(
        "AUZ-B4", "foreign-event-readable", "event-processor", "an id is enough", "AUZ-04-OBJECTS", "SEC-03"
    ),
    _access("AUZ-A4", "answers-mixed-up", _GATE, "answers are kept by path", "AUZ-04-OBJECTS", "SEC-03"),
    _access("AUZ-05", "list-unfiltered", _ASSETS, "a list shows everybody's", "AUZ-05-LISTS"),
    _access("AUZ-06", "tenant-by-header", _LISTS, "a header names the tenant", "AUZ-06-TENANT", "SEC-03"),
    _access("AUZ-07", "own-role-changeable", _AUTH, "own roles can be changed", "AUZ-07-SELF"),
    _access("AUZ-08", "every-field-taken", "decision-engine", "proposals approve", "AUZ-08-MASS"),
    _access("AUZ-09", "hash-shown", _AUTH, "accounts show a hash", "AUZ-09-EXCESS"),
    _access("AUZ-10", "double-slash-open", TAKING_TOKENS, "two slashes go around", "AUZ-10-PATHS"),
    _access("AUZ-11", "method-by-header", TAKING_TOKENS, "a header is the method", "AUZ-11-OVERRIDE"),
    _access("AUZ-14", "settings-readable", ALL, "/.env is there", "AUZ-14-DOORS"),
    _input("M09", "limit-off", _GATE, "nobody has to wait", "RES-01-RATE", "RES-02-FORWARDED", "INF-05"),
    _input("RES-02", "address-by-header", _GATE, "a header is the address", "RES-02-FORWARDED"),
    _input("RES-03", "body-unbounded", TAKING_TOKENS, "bodies have no limit", "RES-03-BODY"),
    _input("RES-04", "nesting-unbounded", TAKING_TOKENS, "nesting breaks the parser", "RES-04-DEPTH"),
    _input("RES-05", "page-unbounded", _LISTS, "pages have no limit", "RES-05-PAGE"),
    _input("RES-10", "nan-breaks", TAKING_TOKENS, "NaN breaks the handler", "RES-10-PARSE", "SEC-04"),
    _input("INJ-01", "quote-breaks", TAKING_TOKENS, "a quote breaks the query", "INJ-01-SQL"),
    _input("INJ-02", "template-evaluated", _LISTS, "templates are evaluated", "INJ-02-COMMANDS"),
    _input("INJ-A2", "commands-run", _LISTS, "commands are run", "INJ-02-COMMANDS"),
    _input("INJ-03", "scans-anything", _ASSETS, "a scan goes anywhere", "INJ-03-SSRF"),
    _input("INJ-04", "header-from-parameter", ALL, "parameters make headers", "INJ-04-CRLF"),
    _input("INJ-05", "entities-fetched", TAKING_TOKENS, "entities are fetched", "INJ-05-XML"),
    _input("INJ-07", "markup-as-page", "threat-detection", "records are pages", "INJ-07-MARKUP"),
    _input("CFG-05", "kind-unsaid", ALL, "an answer has no kind", "CFG-05-CONTENT"),
    _input("CFG-07", "answers-cached", ALL, "everybody keeps answers", "CFG-07-NO-STORE"),
    _input("CFG-08", "every-origin-let-in", ALL, "every page may read", "CFG-08-CORS"),
    _input("CFG-09", "trace-echoes", ALL, "TRACE echoes", "CFG-09-TRACE"),
    _input("CFG-10", "undeclared-method-taken", ALL, "PUT /version works", "CFG-10-METHODS"),
    _input("CFG-11", "version-told", ALL, "a header tells a version", "CFG-11-VERSIONS"),
    _input("CFG-12", "trace-shown", ALL, "errors show a trace", "CFG-12-VERBOSE"),
    _input("CFG-13", "framing-breaks", _GATE, "unclear lengths break it", "CFG-13-SMUGGLING"),
    _input("CFG-14", "database-told", ALL, "an error tells a password", "CFG-14-SECRETS"),
    _asked("LLM-02", "orders-obeyed", _ASK, "orders are carried out", "LLM-02-AUTHORITY"),
    _asked("LLM-03", "records-obeyed", _ASK, "records give orders", "LLM-03-INDIRECT"),
    _asked("LLM-04", "markup-repeated", _ASK, "markup comes back", "LLM-04-OUTPUT"),
    _asked("LLM-05", "memory-shared", _ASK, "others hear it", "LLM-05-MEMORY"),
    _asked("LLM-06", "question-unbounded", _ASK, "any length is taken", "LLM-06-BOUNDS"),
)
