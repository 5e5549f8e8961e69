/// What SQLite asks for before it is first used, by a function of many shapes that Swift cannot call. SQLite's own header comes to Swift with GRDB.
#ifndef PAYLINK_CSQLITE_H
#define PAYLINK_CSQLITE_H

/// Counts no memory from here on: `sqlite3_memory_used` and a soft heap limit have no meaning then.
/// - Returns: SQLITE_OK, or SQLITE_MISUSE where SQLite is in use already; nothing is changed then.
int csqlite_count_no_memory(void);

#endif
