//===- Sqlite.cpp - libsqlite3, opened when there are records ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numbers below are part of SQLite's file format and interface, which its
// authors promise not to change.
//
//===----------------------------------------------------------------------===//
#include "Sqlite.h"

#include "Accelerator/SharedLibrary.h"

namespace flex::rt::sqlite {
namespace {

enum Code : int {
  kOk = 0,
  kPermission = 3,
  kBusy = 5,
  kLocked = 6,
  kNoMemory = 7,
  kReadOnly = 8,
  kInputOutput = 10,
  kCorrupt = 11,
  kFull = 13,
  kCannotOpen = 14,
  kNoDatabase = 26,
  kRow = 100,
  kDone = 101
};
constexpr int kOpenWrite = 2, kOpenCreate = 4, kOpenNoMutex = 0x8000;
constexpr int kReadPatienceMs = 300, kWritePatienceMs = 10'000;

/// By the low byte: the others are details.
StatusCode codeOf(int code) {
  switch (code & 0xff) {
  case kPermission:
  case kReadOnly:
  case kCannotOpen: return StatusCode::PermissionDenied;
  case kBusy:
  case kInputOutput:
  case kLocked: return StatusCode::Unavailable;
  case kNoMemory:
  case kFull: return StatusCode::ResourceExhausted;
  case kCorrupt:
  case kNoDatabase: return StatusCode::DataLoss;
  default: return StatusCode::Internal;
  }
}

Status failure(const Library &library, DatabaseHandle *database, int code) {
  const char *text = database ? library.sqlite3_errmsg(database) : nullptr;
  return {codeOf(code), text ? text : "SQLite failed with code " + std::to_string(code)};
}

StatusOr<Library> load() {
  auto opened = accelerator::SharedLibrary::open({"libsqlite3.so.0", "libsqlite3.so"});
  if (!opened)
    return opened.status();
  Library library;
#define FLEX_SQLITE(result, function, parameters) opened->need(library.function, #function);
#include "Symbols.def"
  FLEX_RETURN_IF_ERROR(opened->complete("SQLite 3.8 or later is needed"));
  return library;
}

} // namespace

StatusOr<const Library *> Library::get() {
  static const StatusOr<Library> library = load();
  if (!library)
    return library.status();
  return &*library;
}

Statement::~Statement() {
  if (handle)
    library->sqlite3_finalize(handle);
}

Statement &Statement::bind(int index, const std::string &text) {
  library->sqlite3_bind_text(handle, index, text.data(), static_cast<int>(text.size()),
                             /*destructor: the text is the caller's*/ nullptr);
  return *this;
}

Statement &Statement::bind(int index, double value) {
  library->sqlite3_bind_double(handle, index, value);
  return *this;
}

Statement &Statement::bind(int index, int64_t value) {
  library->sqlite3_bind_int64(handle, index, value);
  return *this;
}

StatusOr<bool> Statement::next() {
  int code = library->sqlite3_step(handle);
  if (code == kRow || code == kDone)
    return code == kRow;
  return failure(*library, database, code);
}

void Statement::reset() {
  library->sqlite3_reset(handle);
}

std::string Statement::text(int column) const {
  const unsigned char *bytes = library->sqlite3_column_text(handle, column);
  int size = library->sqlite3_column_bytes(handle, column);
  return bytes ? std::string(reinterpret_cast<const char *>(bytes), static_cast<size_t>(size)) : std::string();
}

StatusOr<std::unique_ptr<Database>> Database::open(const std::string &path, Mode mode) {
  auto library = Library::get();
  if (!library)
    return library.status();
  DatabaseHandle *handle = nullptr;
  // A reader, too, may have to roll back what a killed writer began; where it must not write, SQLite only reads.
  int flags = kOpenNoMutex | kOpenWrite | (mode == Mode::Read ? 0 : kOpenCreate);
  int code = (*library)->sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(**library, handle)); // a handle is there after a failure, too
  if (code != kOk)
    return failure(**library, handle, code);
  (*library)->sqlite3_busy_timeout(handle, mode == Mode::Read ? kReadPatienceMs : kWritePatienceMs);
  return database;
}

Database::~Database() {
  if (handle)
    library.sqlite3_close(handle);
}

StatusOr<Statement> Database::prepare(const std::string &text) const {
  StatementHandle *statement = nullptr;
  int code = library.sqlite3_prepare_v2(handle, text.data(), static_cast<int>(text.size()), &statement, nullptr);
  if (code != kOk)
    return failure(library, handle, code);
  return Statement(library, handle, statement);
}

Status Database::run(const std::string &text) const {
  auto statement = prepare(text);
  if (!statement)
    return statement.status();
  for (;;) {
    auto row = statement->next();
    if (!row)
      return row.status();
    if (!*row)
      return Status::ok();
  }
}

} // namespace flex::rt::sqlite
