//===- Help.cpp - The commands and their help pages -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one table of commands. docs/reference/flexc.md tells the same in more words.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Command.h"
#include "CompilerLibrary.h"
#include "Text.h"
#include "flex/Support/Stages.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace flex::tool {
namespace {

const OptionSpec kKernel = {"kernel", 'k', "NAME", "the kernel, where a file has several (FILE:KERNEL says the same)"};
const OptionSpec kDefine = {"define", 'D', "NAME=VALUE", "fixes a dimension (N=1024) or a type parameter (T=f16)",
                            true};
const OptionSpec kImport = {"import-path", 'I', "FOLDER", "searched for imported modules, after the file's own folder",
                            true};
const OptionSpec kTarget = {"target", 't', "TARGET,…",
                            "what to compile for, e.g. cpu, cpu:x86-64-v3,znver4 (flexc help targets)", true};
const OptionSpec kOption = {"option", 0, "KEY=VALUE",
                            "an option of the compiler: max-seconds=10 … (flexc help options)", true};
const OptionSpec kBind = {
    "bind", 0, "NAME,…", "parameters that stay from launch to launch: what follows from them alone is done once", true};
const OptionSpec kNoTuning = {"no-tuning", 0, nullptr, "schedules by the cost model alone (flexc help tune)"};
const OptionSpec kTiming = {"timing", 0, nullptr, "how long each stage and pass took, on standard error"};
const OptionSpec kDump = {"dump-dir", 0, "FOLDER", "writes the artefact of every stage there"};
const OptionSpec kDiagnostics = {"diagnostics", 0, "text|json", "how errors are written to standard error"};
const OptionSpec kEmit = {"emit", 'e', "STAGE",
                          "the artefact of a stage instead: ast, tensor, groups, loops, module, asm, binary"};

const char *const kCheckDetails =
    R"(Reads a kernel file, checks all of it and prints the signature of every kernel. Without --emit, --stop-after or
--target nothing is compiled. FILE may be kernel text (.flex), IR of any stage (.mlir, or MLIR bytecode), functions of
linalg on tensors, or a kernel image that carries its IR; '-' is standard input.

  flexc check k.flex
  flexc check k.flex --emit=tensor
  flexc check k.flex:softmax --emit=loops --target=cpu -D N=1024
  flexc check k.flex --stop-after=loops --timing
)";

const char *const kBuildDetails =
    R"(Compiles every kernel of FILE (or one) and writes a kernel image (.fxk), which 'flexc run' and the C ABI load without
a compiler. Several targets give one image for several devices: the runtime takes what suits its device best. The target
'all' is a choice of chips from every target that covers all devices; those that a kernel cannot be compiled for, such as
one without f64, are left out with a warning. Dimensions stay open unless --define fixes them; a generic kernel needs its
types.

  flexc build k.flex -o k.fxk
  flexc build k.flex --target all -o k.fxk
  flexc build k.flex:dense -D T=f16 --target=cpu:x86-64-v3,znver4 --target=cpu:aarch64
  flexc build k.flex:dense -D K=512 -D N=512 --bind w,b
  flexc build k.flex --emit=asm -o -
)";

const char *const kRunDetails =
    R"(Runs a kernel. Each parameter is given by name; results are printed, or written with -o.

  x=@x.npy           a NumPy file; x=@all.npz:key one array of an archive (without a key: the only one, or the one named x)
  n=3  b=true        a number
  x=[[1, 2], [3, 4]] a small list
  b=zeros[128]       an array made here (below); without a shape it takes the one that other arguments fix
  N=1024             a dimension or type parameter, the same as --define

Arrays are dense, in C or Fortran order and either byte order; dtypes must be the kernel's. bf16 is read and written as
ml_dtypes does ('V2'), and read from uint16. Results go to '-o y.npy' in order, '-o NAME=y.npy' by name, or all of
them to '-o all.npz'.

  flexc run k.flex:softmax x=@x.npy -o y.npy
  flexc run k.flex:dense "x=randn(seed=1)[64,256]" "w=randn[256,128]" b=zeros --bench
  flexc run k.flex:softmax "x=randn[4,8]" --device reference
)";

const char *const kCardDetails =
    R"(What the code for a chip is made of, without a chip: registers, spills, group memory, occupancy, the instructions
by kind, in all and in the main loop, and the least time by the chip's rates (docs/howto/add-chip.md). Nothing of a
vendor is needed; where its assembler is installed, registers and spills are that one's,
else an estimate where only it would know them. Dimensions that are left open count as 1024.

  flexc card k.flex:gemm --target TARGET:CHIP -D M=1024 -D N=1024 -D K=1024
  flexc card k.flex --target TARGET:CHIP --format html -o card.html
)";

const char *const kCacheDetails =
    R"(  flexc cache                 lists the entries, least recently used first (also: list)
  flexc cache explain HASH    what an entry depends on: it is used when all of that is the same
  flexc cache verify          reads every entry and checks it; exit code 2 if one is damaged
  flexc cache gc              removes what was not used longest until the limit is kept (--max-bytes)
  flexc cache clear           removes all

The folder is FLEX_CACHE_DIR, else $XDG_CACHE_HOME/flex, else ~/.cache/flex.
)";

const char *const kTuneDetails =
    R"(Times schedules near the one that the cost model chooses, checks what each computes, and keeps the best as a record. From
then on whatever compiles this kernel for these sizes (or sizes like them) on such a machine takes the record's schedule:
'flexc run', 'build' and 'explain' (--no-tuning says not to), and every program that loads the source.

Arguments are random, or given as for 'flexc run'. All dimensions must be known.

  flexc tune k.flex:gemm -D M=512 -D N=512 -D K=512
  flexc tune k.flex:softmax "x=randn[4096, 1024]" --budget 60
  flexc tune list                  the records, and what each gained
  flexc tune export -o mine.json   all of them as JSON
  flexc tune import mine.json …    adds those that are new or later
  flexc tune drop ID…|stale|all    removes some; stale: made by another version of Flex

The file is FLEX_TUNING, else $XDG_DATA_HOME/flex/tuning.sqlite, else ~/.local/share/flex/tuning.sqlite; FLEX_TUNING=off turns
records off.
)";

const char *const kExplainDetails =
    R"(Every message of the compiler ends with a code in brackets, as [E0301]. Its page tells what it means, why the rule is there,
and how the mistake is mended, with a wrong and a right example. Without a code all codes are listed.

Of a kernel file it prints what is launched, in order, each with the schedule that was chosen for it in the words of a
schedule block, the rule that chose it, what this machine needs for it at least, and the memory needed: --define fixes
dimensions, else sizes are formulas. --bench sets the time that each launch takes beside its bound.

  flexc explain E0301
  flexc explain k.flex:attention -D H=8 -D T=512 -D D=64 --bench
)";

const char *const kDocDetails =
    R"(Writes the reference of a module of the standard library, or of a kernel file, from its signatures and doc comments (///):
NAME.md and NAME.html in the folder of -o, or Markdown on standard output. Without a name all of the library is
written, and without -o its modules are listed.

  flexc doc nn
  flexc doc mine.flex -o out
)";

const char *const kFormatDetails =
    R"(Writes kernel files in their one form: two spaces an indent, 120 columns, one space around operators and none inside of [ ].
Comments, tokens and meaning stay; single blank lines do, too. A folder means every .flex file below it. Files change
in place, each whole or not at all; a file with syntax errors is left as it is. '-' reads standard input and writes
standard output.

  flexc fmt k.flex
  flexc fmt --check kernels/
)";

const char *const kGlobal =
    R"(Exit codes: 0 all is well; 1 what was written, given or asked for is wrong; 2 a file system, device, driver or library
fails; 3 a fault of Flex, please report it.

Environment: FLEX_CACHE_DIR and FLEX_CACHE_MAX_BYTES (the disk cache), FLEX_TUNING (file of tuning records, or off), FLEX_DEVICE
(as --device), FLEX_NUM_THREADS, FLEX_COMPILER_LIB (another libflexc.so), FLEX_PATH (folders of modules, after those of -I),
FLEX_CODE_DIR (where kernels' code is written for perf and gdb).
)";

std::string optionHelp(const std::vector<OptionSpec> &options) {
  std::string out;
  for (const OptionSpec &option : options) {
    std::string left = option.letter ? std::string("  -") + option.letter + ", --" + option.name
                                     : std::string("      --") + option.name;
    if (option.value)
      left += option.emptyValue ? std::string("[=") + option.value + "]" : std::string("=") + option.value;
    out += left + std::string(left.size() < 34 ? 34 - left.size() : 1, ' ') + option.help + "\n";
  }
  return out;
}

int helpTopics(const std::string &topic) {
  if (topic == "stages") {
    print("The stages of the chain, for --emit and --stop-after; the artefact of each (but ast and asm) is an input of "
          "flexc, too.\n\n");
    for (const StageInfo &info : kStages)
      print("  " + std::string(info.name) + std::string(10 - info.name.size(), ' ') + std::string(info.description) +
            " (" + std::string(info.extension) + ")\n");
    return kExitOk;
  }
  if (topic == "options") {
    print(
        "Options of the compiler, as --option KEY=VALUE:\n\n"
        "  schedule=LAUNCH {KEY VALUE, …}; …  goes before the cost model's choice for single launches, as explain "
        "names "
        "them\n"
        "  bind=NAME,NAME…               parameters that stay from launch to launch; --bind says the same\n"
        "  numerics=strict|default|fast  how results are computed, for every kernel of the file, whatever it says\n"
        "  verify=0|1                    run the verifiers between passes\n"
        "  card=0|1                      with emit=asm: figures of the code as JSON instead, as flexc card uses them\n"
        "  embed-ir=0|1                  an image carries its IR (default 1)\n"
        "  max-source-bytes=N            limit of the input (default 67108864)\n"
        "  max-ir-ops=N                  operations of a module (default 1000000)\n"
        "  max-nesting=N                 brackets inside one another in IR text (default 256)\n"
        "  max-seconds=N                 of one compilation (default 120)\n");
    return kExitOk;
  }
  auto answer = askCompiler([] {
    CompilerRequest request;
    request.kind = FLEX_COMPILER_ABOUT;
    return request;
  }());
  if (!answer)
    return fail(answer.status());
  auto about = nlohmann::json::parse(answer->bytes, nullptr, false);
  if (!about.is_object() || !about.contains("targets"))
    return fail({StatusCode::Internal, "the compiler does not say what it can do"});
  for (const auto &target : about["targets"]) {
    std::string chips;
    for (const auto &chip : target.value("chips", nlohmann::json::array()))
      if (chip.is_string())
        chips += (chips.empty() ? "" : ", ") + chip.get<std::string>();
    print(target.value("name", "") + ": " + target.value("summary", "") + "\n");
    print("  default " + target.value("default", "") + ", makes " + target.value("format", "") + "\n");
    if (!chips.empty())
      print("  chips: " + chips + "\n");
  }
  return kExitOk;
}

std::vector<OptionSpec> checkOptions() {
  return {kEmit,        {"stop-after", 's', "STAGE", "compiles up to a stage and prints nothing"},
          kTarget,      kDefine,
          kBind,        kKernel,
          kImport,      {"output", 'o', "FILE", "where --emit writes; '-' and by default standard output"},
          kTiming,      kDump,
          kDiagnostics, kOption};
}

std::vector<OptionSpec> runOptions() {
  return {{"output", 'o', "[NAME=]FILE", "writes a result as .npy, or results as .npz", true},
          {"device", 'd', "DEVICE",
           "a device of 'flexc devices', or reference (the interpreter in f64); else the scheduler chooses"},
          {"bench", 0, "SECONDS", "repeats for a second (or SECONDS) and reports times and rates", false, "1"},
          {"explain", 0, nullptr, "why that device: predicted and measured cost"},
          kDefine,
          kBind,
          kKernel,
          kImport,
          {"dynamic", 0, nullptr, "compiles once for all shapes instead of for the ones given"},
          {"threads", 0, "N", "threads of the host device"},
          {"print", 'p', nullptr, "prints the results also with -o or --bench"},
          {"quiet", 'q', nullptr, "no line about where it ran"},
          {"no-cache", 0, nullptr, "neither reads nor writes the disk cache"},
          kNoTuning,
          kOption};
}

std::vector<OptionSpec> tuneOptions() {
  return {kDefine,
          kKernel,
          {"budget", 0, "SECONDS", "how long to search; default 20"},
          {"threads", 0, "N", "threads of the host device; records are of one number"},
          {"device", 'd', "DEVICE", "only 'host' can be tuned, the default"},
          {"no-record", 0, nullptr, "only tells what was measured"},
          {"output", 'o', "FILE", "where 'flexc tune export' writes; by default standard output"},
          kImport,
          kOption};
}

std::vector<OptionSpec> cardOptions() {
  return {kTarget,
          {"format", 0, "FORMAT", "text (default), json or html"},
          {"output", 'o', "FILE", "where it goes; by default standard output"},
          kDefine,
          kKernel,
          kImport,
          kOption};
}

} // namespace

const std::vector<Command> &allCommands() {
  static const std::vector<Command> commands = {
      {"check", "FILE[:KERNEL]", "checks a kernel file, or prints the artefact of a stage", kCheckDetails,
       checkOptions(), runCheck},
      {"run", "FILE[:KERNEL] NAME=VALUE…", "runs a kernel on arrays", kRunDetails, runOptions(), runRun},
      {"build",
       "FILE[:KERNEL]",
       "compiles to a kernel image",
       kBuildDetails,
       {{"output", 'o', "FILE", "default: FILE's name with the stage's extension, in this folder"},
        kTarget,
        kDefine,
        kBind,
        kKernel,
        kEmit,
        kImport,
        kTiming,
        kDump,
        kDiagnostics,
        kNoTuning,
        kOption},
       runBuild},
      {"card", "FILE[:KERNEL]", "registers, memory, instructions and bounds of a kernel on a chip", kCardDetails,
       cardOptions(), runCard},
      {"cache",
       "[list|explain HASH|verify|gc|clear]",
       "looks at and cleans the cache of compiled kernels",
       kCacheDetails,
       {{"dir", 0, "FOLDER", "another cache folder"},
        {"max-bytes", 0, "N", "the limit for gc; default: the configured one"}},
       runCache},
      {"fmt",
       "FILE…",
       "formats kernel files",
       kFormatDetails,
       {{"check", 0, nullptr, "changes nothing, prints the files that would change; exit code 1 if there are any"}},
       runFormat},
      {"doc",
       "[MODULE|FILE]",
       "writes the reference of a module",
       kDocDetails,
       {{"output", 'o', "FOLDER", "where NAME.md and NAME.html go; by default Markdown is printed"}, kImport},
       runDoc},
      {"explain",
       "[CODE|FILE[:KERNEL]]",
       "the long story of a diagnostic; what is made of a kernel",
       kExplainDetails,
       {kTarget,
        kDefine,
        kBind,
        kKernel,
        kImport,
        {"bench", 0, "SECONDS", "also times each launch on one core of this machine, with random arguments", false,
         "0.5"},
        kNoTuning,
        kOption},
       runExplain},
      {"tune", "FILE[:KERNEL] [NAME=VALUE…]", "measures schedules of a kernel and keeps the best", kTuneDetails,
       tuneOptions(), runTune},
      {"devices",
       "",
       "what kernels can run on here, and what cannot be used and why",
       "",
       {{"verbose", 'v', nullptr, "every device, with features and fingerprint"},
        {"rates", 0, nullptr, "what was measured of each device; measured now if it was not"},
        {"measure", 0, nullptr, "measure again, and keep that"}},
       runDevices},
      {"version", "", "versions and where the libraries are", "", {}, runVersion},
      {"help", "[COMMAND|stages|targets|options]", "this page, or the one of a command", "", {}, runHelp},
  };
  return commands;
}

int runHelp(const Options &options) {
  std::string topic = options.words.empty() ? "" : options.words[0];
  if (topic == "stages" || topic == "targets" || topic == "options")
    return helpTopics(topic);
  std::vector<std::string> names = {"stages", "targets", "options"};
  for (const Command &command : allCommands()) {
    names.push_back(command.name);
    if (topic != command.name || topic == "help")
      continue;
    print(std::string("usage: flexc ") + command.name + (command.options.empty() ? " " : " [OPTIONS] ") +
          command.usage + "\n\n" + command.summary + "\n");
    if (*command.details)
      print(std::string("\n") + command.details);
    if (topic == "run")
      print("\nArrays made here, as NAME(…)[SHAPE]; the same word gives the same numbers everywhere:\n" +
            generatorHelp());
    if (!command.options.empty())
      print("\nOptions:\n" + optionHelp(command.options));
    return kExitOk;
  }
  if (!topic.empty() && topic != "help")
    return fail({StatusCode::InvalidArgument, "there is no help about '" + printable(topic) +
                                                  "'; there is: " + join(names) + didYouMean(topic, names)});
  print("usage: flexc COMMAND [OPTIONS] …\n\nflexc compiles tensor kernels and runs them on the device that suits "
        "best.\n\n");
  for (const Command &command : allCommands()) {
    std::string left = std::string("  ") + command.name + " " + command.usage;
    auto width = std::count_if(left.begin(), left.end(), [](char byte) { return (byte & 0xC0) != 0x80; }); // UTF-8
    print(left + std::string(width < 46 ? 46 - width : 1, ' ') + command.summary + "\n");
  }
  print("\n'flexc help COMMAND' shows the options; 'flexc help stages', 'targets' and 'options' what can be named "
        "there.\n\n");
  print(kGlobal);
  return kExitOk;
}

} // namespace flex::tool
