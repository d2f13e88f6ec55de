//===- ExplainCommand.cpp - flexc explain ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The page of a diagnostic, or the list of all, which need neither compiler nor files;
// a kernel file is ExplainKernel.cpp's.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "ErrorPages.h"
#include "Text.h"

#include <cctype>

namespace flex::tool {

static int listCodes() {
  for (const ErrorPage &page : errorPages())
    print(std::string(page.code) + "  " + pageTitle(page) + "\n");
  return kExitOk;
}

int runExplain(const Options &options) {
  if (options.words.empty())
    return listCodes();
  if (options.words.size() != 1)
    return fail({StatusCode::InvalidArgument, "one code at a time, found '" + printable(options.words[1]) +
                                                  "' after '" + printable(options.words[0]) + "'"});
  std::string word = options.words[0];
  bool isFile = !looksLikeCode(word) && word.find_first_of("./:-") != std::string::npos;
  if (isFile)
    return explainKernel(options);
  if (looksLikeCode(word))
    word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  std::vector<std::string> codes;
  for (const ErrorPage &page : errorPages()) {
    if (word == page.code) {
      print(pageText(page));
      return kExitOk;
    }
    codes.emplace_back(page.code);
  }
  return fail({StatusCode::InvalidArgument, "there is no diagnostic '" + printable(word) +
                                                "'; 'flexc explain' lists all" + didYouMean(word, codes)});
}

} // namespace flex::tool
