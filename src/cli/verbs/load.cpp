// `phial load` and `phial import`: images from files.
#include "image/load.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"
#include "image/import.hpp"

#include <unistd.h>

namespace phial::cli {

namespace {

constexpr Option kLoadOptions[] = {
    {.name = "input",
     .letter = 'i',
     .value = "FILE",
     .help = "Archive, or directory, to read",
     .fallback = "standard input",
     .offer = Offer::file},
    {.name = "platform",
     .value = "OS/ARCH",
     .help = "Which image of an archive with several",
     .fallback = "this machine's"},
    {.name = "quiet", .letter = 'q', .help = "Print the names only"},
};

constexpr Option kImportOptions[] = {
    {.name = "change",
     .letter = 'c',
     .value = "INSTRUCTION",
     .help = "Set something in the image's config, as in 'CMD [\"sh\"]' or 'ENV A=1'",
     .repeatable = true},
    {.name = "message", .letter = 'm', .value = "TEXT", .help = "Write this into the image's history"},
    {.name = "platform", .value = "OS/ARCH", .help = "What the image is for", .fallback = "this machine's"},
};

constexpr Example kLoadExamples[] = {
    {"load -i image.tar", "what docker save, podman save or skopeo wrote"},
    {"load < image.tar.gz", "from standard input, compressed or not"},
};

constexpr Example kImportExamples[] = {
    {"import rootfs.tar debian:12", "a root file system becomes an image"},
    {"import -c 'CMD [\"bash\"]' ./rootfs mine", "from a directory, with a command"},
};

image::Progress progress_of(bool quiet) {
  if (quiet || ::isatty(STDERR_FILENO) != 1)
    return {};
  return [](std::string_view line) { print_error(std::string(line) + "\n"); };
}

Result<> check_standard_input(std::string_view source) {
  if (source == "-" && ::isatty(STDIN_FILENO) == 1)
    return fail(Kind::usage, "standard input is a terminal, not an archive", "give a file, or put < FILE behind");
  return {};
}

Result<int> load(const Call& call) {
  std::string source(call.arguments.last("input").value_or("-"));
  TRY(check_standard_input(source));
  engine::Engine engine = TRY(engine_of(call));
  bool quiet = call.arguments.on("quiet");
  image::LoadOptions options;
  options.platform = call.arguments.last("platform").value_or("");
  options.progress = progress_of(quiet);
  for (const image::LoadedImage& loaded : TRY(image::load_archive({engine.root}, source, options))) {
    for (const std::string& name : loaded.names)
      print("Loaded image: " + name + "\n");
    if (loaded.names.empty())
      print("Loaded image ID: " + loaded.image.id.text() + "\n");
  }
  return 0;
}

Result<int> import(const Call& call) {
  std::string source(call.arguments.words[0]);
  TRY(check_standard_input(source));
  engine::Engine engine = TRY(engine_of(call));
  image::ImportOptions options;
  if (call.arguments.words.size() > 1)
    options.name = call.arguments.words[1];
  for (std::string_view change : call.arguments.all("change"))
    options.changes.emplace_back(change);
  options.message = call.arguments.last("message").value_or("");
  options.platform = call.arguments.last("platform").value_or("");
  options.progress = progress_of(false);
  image::Image image = TRY(image::import_root({engine.root}, source, options));
  print(image.id.text() + "\n");
  return 0;
}

} // namespace

constexpr Verb kLoad = {
    .name = "load",
    .group = Group::image,
    .summary = "Load images from an archive",
    .description =
        "Reads OCI archives and directories, and what docker save writes; compressed or not. Every digest is "
        "checked.",
    .most = 0,
    .options = {.own = kLoadOptions},
    .examples = kLoadExamples,
    .noun = "image",
    .run = load,
};

constexpr Verb kImport = {
    .name = "import",
    .group = Group::image,
    .summary = "Make an image from a root file system",
    .description =
        "From a tar, compressed or not, a directory, or - for a tar on standard input. Prints the image's id.",
    .usage = "TAR|DIR|- [NAME[:TAG]]",
    .least = 1,
    .most = 2,
    .words = Offer::file,
    .options = {.own = kImportOptions},
    .examples = kImportExamples,
    .noun = "image",
    .run = import,
};

} // namespace phial::cli
