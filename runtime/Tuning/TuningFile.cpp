//===- TuningFile.cpp - The records' file --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table. Every call opens the file and closes it: nothing is held across a
// fork, and SQLite's own locks order the processes. Only writers set a damaged
// file aside, so that launches never change the disk.
//
//===----------------------------------------------------------------------===//
#include "Sqlite.h"

#include "flex/Runtime/Env.h"
#include "flex/Runtime/Tuning.h"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace flex::rt {
namespace {

using sqlite::Database;

constexpr int64_t kVersion = 1; ///< of the table, as SQLite's user_version
constexpr char kTable[] = "CREATE TABLE IF NOT EXISTS records (kernel TEXT NOT NULL, shape TEXT NOT NULL, "
                          "machine TEXT NOT NULL, shape_class TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, "
                          "device TEXT NOT NULL, compiler TEXT NOT NULL, schedule TEXT NOT NULL, "
                          "model_seconds REAL NOT NULL, best_seconds REAL NOT NULL, made INTEGER NOT NULL, "
                          "PRIMARY KEY (kernel, shape, machine))";
constexpr char kSelect[] = "SELECT kernel, shape, machine, shape_class, name, file, device, compiler, schedule, "
                           "model_seconds, best_seconds, made FROM records";
constexpr char kInsert[] = "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
                           "ON CONFLICT (kernel, shape, machine) DO UPDATE SET shape_class = ?4, name = ?5, file = ?6, "
                           "device = ?7, compiler = ?8, schedule = ?9, model_seconds = ?10, best_seconds = ?11, "
                           "made = ?12 WHERE ?12 >= made";

TuningRecord readRow(const sqlite::Statement &row) {
  TuningRecord record;
  record.key = {row.text(0), row.text(1), row.text(2)};
  record.shapeClass = row.text(3);
  record.name = row.text(4);
  record.file = row.text(5);
  record.device = row.text(6);
  record.compiler = row.text(7);
  record.schedule = row.text(8);
  record.modelSeconds = row.real(9);
  record.bestSeconds = row.real(10);
  record.made = row.integer(11);
  return record;
}

StatusOr<int64_t> versionOf(const Database &database) {
  auto statement = database.prepare("PRAGMA user_version");
  if (!statement)
    return statement.status();
  auto row = statement->next();
  if (!row)
    return row.status();
  return *row ? statement->integer(0) : 0;
}

Status otherVersion(int64_t version) {
  return {StatusCode::Unimplemented, "the records are of version " + std::to_string(version) +
                                         ", made by another Flex; this one reads version " + std::to_string(kVersion)};
}

StatusOr<std::vector<TuningRecord>> readAll(const Database &database, const std::string &machine) {
  auto statement =
      database.prepare(std::string(kSelect) + (machine.empty() ? "" : " WHERE machine = ?1") + " ORDER BY name, shape");
  if (!statement)
    return statement.status();
  if (!machine.empty())
    statement->bind(1, machine);
  std::vector<TuningRecord> out;
  for (;;) {
    auto row = statement->next();
    if (!row)
      return row.status();
    if (!*row)
      return out;
    out.push_back(readRow(*statement));
  }
}

Status insertAll(const Database &database, const std::vector<TuningRecord> &records, int64_t &count) {
  auto statement = database.prepare(kInsert);
  if (!statement)
    return statement.status();
  for (const TuningRecord &record : records) {
    std::string shapeClass = shapeClassOf(record.key.shape);
    statement->bind(1, record.key.kernel).bind(2, record.key.shape).bind(3, record.key.machine);
    statement->bind(4, shapeClass).bind(5, record.name).bind(6, record.file);
    statement->bind(7, record.device).bind(8, record.compiler).bind(9, record.schedule);
    statement->bind(10, record.modelSeconds).bind(11, record.bestSeconds).bind(12, record.made);
    auto row = statement->next();
    if (!row)
      return row.status();
    count += database.changes();
    statement->reset();
  }
  return Status::ok();
}

Status removeAll(const Database &database, const std::function<bool(const TuningRecord &)> &isUnwanted,
                 int64_t &count) {
  auto records = readAll(database, "");
  if (!records)
    return records.status();
  auto statement = database.prepare("DELETE FROM records WHERE kernel = ?1 AND shape = ?2 AND machine = ?3");
  if (!statement)
    return statement.status();
  for (const TuningRecord &record : *records) {
    if (!isUnwanted(record))
      continue;
    statement->bind(1, record.key.kernel).bind(2, record.key.shape).bind(3, record.key.machine);
    auto row = statement->next();
    if (!row)
      return row.status();
    count += database.changes();
    statement->reset();
  }
  return Status::ok();
}

/// Opens the file for writing, and runs `change` as one transaction.
Status transact(const std::string &path, const std::function<Status(const Database &)> &change) {
  auto database = Database::open(path, Database::Mode::Write);
  if (!database)
    return database.status();
  FLEX_RETURN_IF_ERROR((*database)->run("BEGIN IMMEDIATE"));
  auto version = versionOf(**database);
  Status status = version ? Status::ok() : version.status();
  if (status.isOk() && *version != 0 && *version != kVersion)
    status = otherVersion(*version);
  if (status.isOk())
    status = (*database)->run(kTable);
  if (status.isOk())
    status = (*database)->run("PRAGMA user_version = " + std::to_string(kVersion));
  if (status.isOk())
    status = change(**database);
  return status.isOk() ? (*database)->run("COMMIT") : status; // closing rolls back
}

/// SQLite's own look at all pages: not ok where another process has put the file in order since.
bool isDamaged(const std::string &path) {
  auto database = Database::open(path, Database::Mode::Read);
  if (!database)
    return database.status().code() == StatusCode::DataLoss;
  auto statement = (*database)->prepare("PRAGMA quick_check(1)");
  auto row = statement ? statement->next() : StatusOr<bool>(statement.status());
  return row ? *row && statement->text(0) != "ok" : row.status().code() == StatusCode::DataLoss;
}

std::string freeName(const std::string &path) {
  for (int i = 1;; ++i) {
    std::string name = path + ".damaged" + (i == 1 ? "" : std::to_string(i));
    if (::access(name.c_str(), F_OK) != 0)
      return name;
  }
}

StatusOr<TuningFile::Change> changeFile(const std::string &path,
                                        const std::function<Status(const Database &, int64_t &)> &change) {
  auto context = [&](const Status &status) { return status.withContext("tuning records '" + path + "'"); };
  if (path.empty())
    return Status(StatusCode::Unavailable,
                  "there is no file of tuning records: FLEX_TUNING is 'off', or HOME is unset");
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (Status made = folder.empty() ? Status::ok() : Env::posix().createDirectories(folder); !made)
    return context(made);
  TuningFile::Change result;
  auto attempt = [&] {
    result.count = 0;
    return transact(path, [&](const Database &database) { return change(database, result.count); });
  };
  Status status = attempt();
  if (status.code() == StatusCode::DataLoss && isDamaged(path)) {
    std::string aside = freeName(path);
    if (std::rename(path.c_str(), aside.c_str()) != 0)
      return context(status);
    std::remove((path + "-journal").c_str()); // of the damaged file
    result.setAside = aside;
    status = attempt();
  }
  if (!status)
    return context(status);
  return result;
}

} // namespace

std::string TuningFile::defaultPath() {
  if (const char *path = std::getenv("FLEX_TUNING"); path && *path)
    return std::string(path) == "off" ? "" : path;
  if (const char *data = std::getenv("XDG_DATA_HOME"); data && *data == '/')
    return std::string(data) + "/flex/tuning.sqlite";
  const char *home = std::getenv("HOME");
  return home && *home == '/' ? std::string(home) + "/.local/share/flex/tuning.sqlite" : "";
}

StatusOr<std::vector<TuningRecord>> TuningFile::read(const std::string &machine) const {
  struct stat file;
  if (filePath.empty() || ::stat(filePath.c_str(), &file) != 0)
    return std::vector<TuningRecord>();
  auto context = [&](const Status &status) { return status.withContext("tuning records '" + filePath + "'"); };
  auto database = Database::open(filePath, Database::Mode::Read);
  if (!database)
    return context(database.status());
  auto version = versionOf(**database);
  if (!version)
    return context(version.status());
  if (*version == 0 && file.st_size == 0) // being made
    return std::vector<TuningRecord>();
  if (*version != kVersion)
    return context(*version == 0 ? Status(StatusCode::DataLoss, "it is no file of records") : otherVersion(*version));
  auto records = readAll(**database, machine);
  if (!records)
    return context(records.status());
  return records;
}

StatusOr<TuningFile::Change> TuningFile::merge(const std::vector<TuningRecord> &records) const {
  return changeFile(filePath,
                    [&](const Database &database, int64_t &count) { return insertAll(database, records, count); });
}

StatusOr<TuningFile::Change> TuningFile::remove(const std::function<bool(const TuningRecord &)> &isUnwanted) const {
  struct stat file;
  if (filePath.empty() || ::stat(filePath.c_str(), &file) != 0)
    return Change();
  return changeFile(filePath,
                    [&](const Database &database, int64_t &count) { return removeAll(database, isUnwanted, count); });
}

} // namespace flex::rt
