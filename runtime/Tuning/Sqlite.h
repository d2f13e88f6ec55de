//===- Sqlite.h - libsqlite3, opened when there are records ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A database and its statements with Status for errors. The library is opened at
// run time, as a driver's: a program without a file of records never loads it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <memory>
#include <string>

namespace flex::rt::sqlite {

struct DatabaseHandle;
struct StatementHandle;
using Destructor = void (*)(void *);

struct Library {
#define FLEX_SQLITE(result, function, parameters) result(*function) parameters = nullptr;
#include "Symbols.def"
  /// Opened once per process. Unavailable says what is missing.
  static StatusOr<const Library *> get();
};

/// A prepared statement. The caller checks what `next` returns.
class Statement {
public:
  Statement(const Library &library, DatabaseHandle *database, StatementHandle *handle)
      : library(&library), database(database), handle(handle) {}
  Statement(Statement &&other) noexcept : library(other.library), database(other.database), handle(other.handle) {
    other.handle = nullptr;
  }
  Statement &operator=(Statement &&) = delete;
  ~Statement();

  /// Parameters are numbered from 1. Texts must live until the statement is run.
  Statement &bind(int index, const std::string &text);
  Statement &bind(int index, double value);
  Statement &bind(int index, int64_t value);
  /// True: a row is there.
  StatusOr<bool> next();
  /// To be run again, with the same parameters until they are bound again.
  void reset();
  std::string text(int column) const;
  int64_t integer(int column) const { return library->sqlite3_column_int64(handle, column); }
  double real(int column) const { return library->sqlite3_column_double(handle, column); }

private:
  const Library *library;
  DatabaseHandle *database;
  StatementHandle *handle;
};

/// A connection, used by one thread at a time. Errors: DataLoss for a damaged file, Unavailable where another process
/// holds it too long, ResourceExhausted for a full disk, PermissionDenied.
class Database {
public:
  enum class Mode { Read, Write };
  /// Mode::Write makes the file if it is not there.
  static StatusOr<std::unique_ptr<Database>> open(const std::string &path, Mode mode);
  ~Database();
  Database(const Database &) = delete;
  Database &operator=(const Database &) = delete;

  StatusOr<Statement> prepare(const std::string &text) const;
  /// Runs a statement without rows of interest.
  Status run(const std::string &text) const;
  /// Rows of the last statement that changed any.
  int64_t changes() const { return library.sqlite3_changes(handle); }

private:
  Database(const Library &library, DatabaseHandle *handle) : library(library), handle(handle) {}
  const Library &library;
  DatabaseHandle *handle;
};

} // namespace flex::rt::sqlite
