#include "oci/options.hpp"

#include "base/text.hpp"

namespace phial::oci {

namespace {

enum class Takes : std::uint8_t { nothing, value };

struct Flag {
  std::string_view name; // with its dashes
  std::string_view brief;
  Takes takes;
  void (*set)(Options&, std::string_view);
};

constexpr Flag kFlags[] = {
    {"--root", "", Takes::value, [](Options& o, std::string_view v) { o.root = v; }},
    {"--log-format", "", Takes::value, [](Options& o, std::string_view v) { o.log_json = v == "json"; }},
    {"--bundle", "-b", Takes::value, [](Options& o, std::string_view v) { o.bundle = v; }},
    {"--format", "-f", Takes::value, [](Options& o, std::string_view v) { o.format = v; }},
    {"--help", "-h", Takes::nothing, [](Options& o, std::string_view) { o.help = true; }},
    {"--version", "-v", Takes::nothing, [](Options& o, std::string_view) { o.version = true; }},
};

std::unexpected<Error> unknown(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Flag& flag : kFlags)
    names.push_back(flag.name);
  auto near = nearest(word, names);
  return fail(Kind::usage, "unknown flag " + std::string(word),
              near ? "did you mean " + std::string(*near) + "?" : "see phial-oci --help");
}

} // namespace

Result<Options> parse_options(std::span<char*> arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!word.starts_with("-") || word == "-") {
      if (out.verb.empty())
        out.verb = word;
      else
        out.words.emplace_back(word);
      continue;
    }
    Halves halves = split_once(word, '=');
    const Flag* found = nullptr;
    for (const Flag& flag : kFlags)
      if (halves.first == flag.name || (!flag.brief.empty() && halves.first == flag.brief))
        found = &flag;
    if (found == nullptr)
      return unknown(word);
    if (found->takes == Takes::value && !halves.second && i + 1 == arguments.size())
      return fail(Kind::usage, "the flag " + std::string(word) + " needs a value");
    std::string_view value =
        found->takes == Takes::nothing ? "" : (halves.second ? *halves.second : std::string_view(arguments[++i]));
    found->set(out, value);
  }
  return out;
}

std::string_view help_text() {
  return "phial-oci: an OCI runtime whose containers are programs one can read\n"
         "\n"
         "usage: phial-oci [--root DIR] [--log-format text|json] VERB [OPTION...] [ID]\n"
         "\n"
         "  run [-b BUNDLE] ID                          make and start the container of a bundle, wait for its end\n"
         "  explain [-b BUNDLE] [-f calls|shell|json]   print the program of a bundle without running it\n"
         "  spec [-b BUNDLE]                            write a config.json to begin with\n"
         "\n"
         "  -b, --bundle DIR   the directory with config.json (default: the current one)\n"
         "  --root DIR         where states lie while containers run (default: /run/phial-oci)\n"
         "  -v, --version      print the version\n"
         "\n"
         "example:\n"
         "  mkdir -p box/rootfs/bin && cp /bin/busybox box/rootfs/bin/sh && phial-oci spec -b box\n"
         "  phial-oci explain -b box\n";
}

} // namespace phial::oci
