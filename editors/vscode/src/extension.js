// Starts flex-lsp-server for .flex files. All language knowledge is in the server; the grammar colours a file before it answers.
"use strict";

const vscode = require("vscode");
const { LanguageClient, Trace } = require("vscode-languageclient/node");

let client;

/** The server's command and options from the settings. */
function serverOptions() {
  const settings = vscode.workspace.getConfiguration("flex");
  const args = settings.get("importPaths", []).flatMap((folder) => ["--import-path", folder]);
  return { command: settings.get("server.path", "flex-lsp-server"), args };
}

async function start() {
  const clientOptions = {
    documentSelector: [
      { scheme: "file", language: "flex" },
      { scheme: "untitled", language: "flex" },
    ],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.flex") },
  };
  client = new LanguageClient("flex", "Flex", serverOptions(), clientOptions);
  try {
    await client.start();
    await client.setTrace(Trace.fromString(vscode.workspace.getConfiguration("flex").get("trace.server", "off")));
  } catch (error) {
    vscode.window.showErrorMessage(
      `Flex: the language server does not start: ${error.message}. Set "flex.server.path" to flex-lsp-server.`
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) await running.stop();
}

async function restart() {
  await stop().catch(() => undefined);
  await start();
}

async function activate(context) {
  context.subscriptions.push(vscode.commands.registerCommand("flex.restartServer", restart));
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("flex")) restart();
    })
  );
  await start();
}

module.exports = { activate, deactivate: stop };
