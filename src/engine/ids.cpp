#include "engine/ids.hpp"

#include "base/text.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace phial::engine {

namespace {

constexpr std::array<std::string_view, 64> kHow = {
    "agile",   "amber",   "ample",   "apt",    "azure",  "bold",  "brave",   "bright", "brisk", "calm",   "candid",
    "careful", "cheery",  "clear",   "clever", "cosy",   "crisp", "curious", "daring", "deft",  "dreamy", "eager",
    "early",   "earnest", "exact",   "fair",   "fleet",  "fond",  "frank",   "gentle", "glad",  "golden", "happy",
    "hardy",   "hearty",  "honest",  "humble", "keen",   "kind",  "limpid",  "lively", "lucid", "merry",  "modest",
    "nimble",  "noble",   "patient", "placid", "plucky", "proud", "quick",   "quiet",  "ready", "robust", "serene",
    "sharp",   "silver",  "steady",  "sunny",  "swift",  "tidy",  "vivid",   "warm",   "witty"};

// People who measured, distilled, bottled, computed and looked closely.
constexpr std::array<std::string_view, 96> kWho = {
    "alhazen",   "ampere",     "arrhenius",  "avogadro",    "babbage",   "backus",    "bassi",     "becquerel",
    "berzelius", "biruni",     "black",      "boltzmann",   "borlaug",   "bose",      "boyle",     "brahe",
    "bunsen",    "carson",     "cassini",    "cavendish",   "celsius",   "cerf",      "chatelet",  "clausius",
    "cori",      "coulomb",    "curie",      "dalton",      "davy",      "dijkstra",  "doppler",   "edwards",
    "elion",     "engelbart",  "euler",      "fahrenheit",  "faraday",   "fermat",    "fibonacci", "foucault",
    "franklin",  "fraunhofer", "galois",     "galvani",     "germain",   "goeppert",  "hamilton",  "harvey",
    "henry",     "herschel",   "hertz",      "hodgkin",     "hooke",     "hopper",    "huygens",   "hypatia",
    "jabir",     "jemison",    "joule",      "kelvin",      "kepler",    "khayyam",   "khwarizmi", "kilby",
    "lamarr",    "lavoisier",  "leavitt",    "leeuwenhoek", "linnaeus",  "lovelace",  "maxwell",   "meitner",
    "mendeleev", "mirzakhani", "mitchell",   "napier",      "noether",   "nobel",     "ohm",       "oersted",
    "pascal",    "pasteur",    "perkin",     "planck",      "priestley", "ramanujan", "ritchie",   "rumford",
    "scheele",   "shannon",    "somerville", "tesla",       "turing",    "volta",     "wu",        "zuse"};

Result<> fill(void* bytes, std::size_t size) {
  if (::getrandom(bytes, size, 0) != static_cast<ssize_t>(size))
    return fail_call("getrandom", "");
  return {};
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

Result<std::string> new_id() {
  for (;;) {
    std::array<unsigned char, kIdLength / 2> bytes{};
    TRY(fill(bytes.data(), bytes.size()));
    std::string id = to_hex(bytes);
    if (id.substr(0, kShortIdLength).find_first_of("abcdef") != std::string::npos)
      return id;
  }
}

bool may_be_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdLength && std::ranges::all_of(text, is_hex);
}

bool is_id(std::string_view text) {
  return text.size() == kIdLength && may_be_id(text);
}

std::string name_of_number(std::uint64_t number, unsigned attempt) {
  std::string name(kHow[number % kHow.size()]);
  name += '_';
  name += kWho[(number / kHow.size()) % kWho.size()];
  if (attempt > 3)
    name += std::to_string((number / kHow.size() / kWho.size()) % 10000);
  return name;
}

Result<std::string> random_name(unsigned attempt) {
  std::uint64_t number = 0;
  TRY(fill(&number, sizeof number));
  return name_of_number(number, attempt);
}

Result<> check_name(std::string_view name) {
  bool good = name.size() > 1 && name.size() <= 255 && is_alphanumeric(name[0]);
  for (char c : name)
    good = good && (is_alphanumeric(c) || c == '_' || c == '.' || c == '-');
  if (good)
    return {};
  return fail(Kind::usage, "container name \"" + std::string(name) + "\" is not allowed",
              "a name has two or more letters, digits, '_', '.' or '-' and begins with a letter or a digit");
}

} // namespace phial::engine
