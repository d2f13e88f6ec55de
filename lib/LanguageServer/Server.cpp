//===- Server.cpp - The protocol's messages ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One thread. A change only replaces text; a request reads the file and analyses the
// functions it is about; the rest is analysed while no message waits, function
// by function, and then the diagnostics are published.
//
//===----------------------------------------------------------------------===//
#include "Document.h"
#include "Input.h"
#include "Protocol.h"
#include "Queries.h"
#include "flex/LanguageServer/LanguageServer.h"

#include "llvm/Support/LSP/Logging.h"
#include "llvm/Support/LSP/Transport.h"

#include <map>
#include <memory>

namespace flex::lsp {

using llvm::json::Array;
using llvm::json::Object;
using llvm::lsp::Callback;
using llvm::lsp::ErrorCode;
using llvm::lsp::LSPError;

namespace {

class Server {
public:
  Server(llvm::lsp::JSONTransport &transport, const ServerOptions &options)
      : options(options), transport(transport), handler(transport) {
    addHandlers();
  }

  llvm::Error run() { return transport.run(handler); }
  bool wasShutDown() const { return isShutDown; }

  /// Analyses one function, or publishes what was found; false if nothing is left to do.
  bool idle() {
    for (auto &[uri, document] : documents) {
      if (!document->dirty)
        continue;
      read(*document);
      if (!document->analyzeNext()) {
        transport.notify("textDocument/publishDiagnostics", diagnosticsOf(*document));
        document->dirty = false;
      }
      return true;
    }
    return false;
  }

private:
  struct OpenDocument : Document {
    using Document::Document;
    bool dirty = true; ///< diagnostics are not published
  };

  //===--------------------------------------------------------------------===//
  // Documents
  //===--------------------------------------------------------------------===//

  void read(Document &document) {
    if (document.isRead())
      return;
    lang::FrontendOptions frontend;
    frontend.importPaths = options.importPaths;
    frontend.recordFacts = true;
    for (const auto &[uri, other] : documents)
      frontend.unsaved[other->path] = other->text();
    document.read(frontend);
  }

  /// What may import a file that has changed is read again.
  void changed(const std::string &path) {
    for (auto &[uri, document] : documents) {
      bool imports = !document->isRead();
      if (document->isRead())
        for (const std::string &file : document->program().dependencies())
          imports |= file == path;
      if (!imports && document->diagnostics().errorCount() == 0)
        continue; // an import that failed may be found now
      document->drop();
      document->dirty = true;
    }
  }

  void onOpen(const OpenRequest &request) {
    std::string path = pathOf(request.uri);
    documents[request.uri] = std::make_unique<OpenDocument>(request.uri, path, request.text, request.version);
    changed(path);
  }

  void onChange(const ChangeRequest &request) {
    auto it = documents.find(request.uri);
    if (it == documents.end())
      return;
    OpenDocument &document = *it->second;
    for (const Change &change : request.changes)
      if (!change.range)
        document.replace(change.text);
      else if (!document.edit(*change.range, change.text))
        llvm::lsp::Logger::error("a change of '{0}' has a range that ends before it begins", request.uri);
    document.version = request.version;
    document.dirty = true;
    changed(document.path);
  }

  void onClose(const DocumentRequest &request) {
    if (!documents.erase(request.uri))
      return;
    transport.notify("textDocument/publishDiagnostics", Object{{"uri", request.uri}, {"diagnostics", Array()}});
    changed(pathOf(request.uri));
  }

  void onSave(const DocumentRequest &request) { changed(pathOf(request.uri)); }

  void onFilesChanged(const Anything &) {
    for (auto &[uri, document] : documents) {
      document->drop();
      document->dirty = true;
    }
  }

  //===--------------------------------------------------------------------===//
  // The session
  //===--------------------------------------------------------------------===//

  void onInitialize(const Anything &, Callback<Value> reply) {
    isInitialized = true;
    Object completion{{"triggerCharacters", Array{".", "@"}}, {"resolveProvider", false}};
    Object signature{{"triggerCharacters", Array{"(", ","}}};
    Object tokens{{"legend", semanticTokensLegend()}, {"full", true}, {"range", true}};
    Object sync{{"openClose", true}, {"change", 2}, {"save", Object{{"includeText", false}}}};
    Object capabilities{{"positionEncoding", "utf-16"},
                        {"textDocumentSync", std::move(sync)},
                        {"hoverProvider", true},
                        {"definitionProvider", true},
                        {"referencesProvider", true},
                        {"documentHighlightProvider", true},
                        {"documentSymbolProvider", true},
                        {"documentFormattingProvider", true},
                        {"inlayHintProvider", true},
                        {"renameProvider", Object{{"prepareProvider", true}}},
                        {"completionProvider", std::move(completion)},
                        {"signatureHelpProvider", std::move(signature)},
                        {"semanticTokensProvider", std::move(tokens)}};
    reply(Value(Object{{"capabilities", std::move(capabilities)},
                       {"serverInfo", Object{{"name", "flex-lsp-server"}, {"version", FLEX_VERSION}}}}));
  }

  void onInitialized(const Anything &) {}

  void onShutdown(const Anything &, Callback<Value> reply) {
    isShutDown = true;
    reply(Value(nullptr));
  }

  //===--------------------------------------------------------------------===//
  // Requests about a document
  //===--------------------------------------------------------------------===//

  static llvm::Error failed(const std::string &message, ErrorCode code) {
    return llvm::make_error<LSPError>(message, code);
  }

  /// The document, read unless `textOnly`; or an error answered.
  OpenDocument *find(const DocumentRequest &request, Callback<Value> &reply, bool textOnly = false) {
    auto it = documents.find(request.uri);
    if (!isInitialized)
      reply(failed("the server is not initialized", ErrorCode::ServerNotInitialized));
    else if (isShutDown)
      reply(failed("the server was shut down", ErrorCode::InvalidRequest));
    else if (it == documents.end())
      reply(failed("the document is not open: " + request.uri, ErrorCode::InvalidParams));
    else {
      if (!textOnly)
        read(*it->second);
      return it->second.get();
    }
    return nullptr;
  }

  std::vector<Document *> allRead() {
    std::vector<Document *> all;
    for (auto &[uri, document] : documents) {
      read(*document);
      all.push_back(document.get());
    }
    return all;
  }

  /// Answers `query(document, offset)`.
  template <typename Query> void atPosition(const DocumentRequest &request, Callback<Value> reply, Query query) {
    OpenDocument *document = find(request, reply);
    if (!document)
      return;
    if (!request.position)
      return reply(failed("a position is missing", ErrorCode::InvalidParams));
    reply(query(*document, document->lines().offset(*request.position)));
  }

  void onHover(const DocumentRequest &request, Callback<Value> reply) { atPosition(request, std::move(reply), hover); }
  void onDefinition(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), definition);
  }
  void onHighlight(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), highlights);
  }
  void onReferences(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), [&](Document &document, uint32_t offset) {
      return references(document, offset, request.includeDeclaration, allRead());
    });
  }
  void onPrepareRename(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), prepareRename);
  }
  void onRename(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), [&](Document &document, uint32_t offset) {
      return rename(document, offset, request.newName, allRead());
    });
  }
  void onCompletion(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), completion);
  }
  void onSignatureHelp(const DocumentRequest &request, Callback<Value> reply) {
    atPosition(request, std::move(reply), signatureHelp);
  }
  void onSymbols(const DocumentRequest &request, Callback<Value> reply) {
    if (OpenDocument *document = find(request, reply))
      reply(documentSymbols(*document));
  }
  void onTokens(const DocumentRequest &request, Callback<Value> reply) {
    if (OpenDocument *document = find(request, reply))
      reply(semanticTokens(*document, request.range));
  }
  void onFormatting(const DocumentRequest &request, Callback<Value> reply) {
    if (OpenDocument *document = find(request, reply, /*textOnly=*/true))
      reply(formatting(*document));
  }
  void onInlayHints(const DocumentRequest &request, Callback<Value> reply) {
    OpenDocument *document = find(request, reply);
    if (document && !request.range)
      return reply(failed("a range is missing", ErrorCode::InvalidParams));
    if (document)
      reply(inlayHints(*document, *request.range));
  }

  void addHandlers() {
    handler.method("initialize", this, &Server::onInitialize);
    handler.notification("initialized", this, &Server::onInitialized);
    handler.method("shutdown", this, &Server::onShutdown);
    handler.notification("textDocument/didOpen", this, &Server::onOpen);
    handler.notification("textDocument/didChange", this, &Server::onChange);
    handler.notification("textDocument/didClose", this, &Server::onClose);
    handler.notification("textDocument/didSave", this, &Server::onSave);
    handler.notification("workspace/didChangeWatchedFiles", this, &Server::onFilesChanged);
    handler.method("textDocument/hover", this, &Server::onHover);
    handler.method("textDocument/definition", this, &Server::onDefinition);
    handler.method("textDocument/documentHighlight", this, &Server::onHighlight);
    handler.method("textDocument/references", this, &Server::onReferences);
    handler.method("textDocument/prepareRename", this, &Server::onPrepareRename);
    handler.method("textDocument/rename", this, &Server::onRename);
    handler.method("textDocument/completion", this, &Server::onCompletion);
    handler.method("textDocument/signatureHelp", this, &Server::onSignatureHelp);
    handler.method("textDocument/documentSymbol", this, &Server::onSymbols);
    handler.method("textDocument/semanticTokens/full", this, &Server::onTokens);
    handler.method("textDocument/semanticTokens/range", this, &Server::onTokens);
    handler.method("textDocument/formatting", this, &Server::onFormatting);
    handler.method("textDocument/inlayHint", this, &Server::onInlayHints);
  }

  const ServerOptions &options;
  llvm::lsp::JSONTransport &transport;
  llvm::lsp::MessageHandler handler;
  std::map<std::string, std::unique_ptr<OpenDocument>> documents;
  bool isInitialized = false, isShutDown = false;
};

} // namespace

int runServer(int input, int output, const ServerOptions &options) {
  using llvm::lsp::Logger;
  Logger::setLogLevel(options.verbose ? Logger::Level::Debug : Logger::Level::Error);
  llvm::raw_fd_ostream out(output, /*shouldClose=*/false);
  // The transport owns the input, whose work needs the server, which needs the transport.
  Server *server = nullptr;
  llvm::lsp::JSONTransport *transport = nullptr;
  auto idle = [&] { return server->idle(); };
  auto reject = [&](int code, std::string message) {
    transport->reply(nullptr, llvm::make_error<LSPError>(llvm::json::fixUTF8(message), static_cast<ErrorCode>(code)));
  };
  llvm::lsp::JSONTransport messages(std::make_unique<Input>(input, idle, reject), out);
  Server instance(messages, options);
  transport = &messages;
  server = &instance;
  if (llvm::Error error = instance.run())
    llvm::consumeError(std::move(error)); // the input ended
  out.flush();
  return instance.wasShutDown() ? 0 : 1;
}

} // namespace flex::lsp
