#include "image/reference.hpp"

#include "base/text.hpp"

namespace phial::image {

namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kLibrary = "library/";
constexpr std::size_t kNameLimit = 255;

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alnum(char c) {
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}
bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Runs of letters and digits, joined by ".", "_", "__" or any number of "-".
bool is_path_component(std::string_view text) {
  std::size_t at = 0;
  auto run = [&] {
    std::size_t from = at;
    while (at < text.size() && is_lower_alnum(text[at]))
      ++at;
    return at > from;
  };
  if (!run())
    return false;
  while (at < text.size()) {
    std::size_t from = at;
    while (at < text.size() && !is_lower_alnum(text[at]))
      ++at;
    std::string_view joint = text.substr(from, at - from);
    bool dashes = joint.find_first_not_of('-') == std::string_view::npos;
    if (!(joint == "." || joint == "_" || joint == "__" || dashes) || !run())
      return false;
  }
  return true;
}

bool is_host_component(std::string_view text) {
  if (text.empty() || !is_alnum(text.front()) || !is_alnum(text.back()))
    return false;
  for (char c : text)
    if (!is_alnum(c) && c != '-')
      return false;
  return true;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) // an IPv6 address
    return text.size() > 2 && text.ends_with(']') &&
           text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:") == std::string_view::npos;
  for (std::string_view part : split(text, '.'))
    if (!is_host_component(part))
      return false;
  return true;
}

bool is_domain(std::string_view text) {
  std::size_t colon = text.rfind(':');
  std::size_t bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon))
    return is_host(text);
  std::string_view port = text.substr(colon + 1);
  return !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos &&
         is_host(text.substr(0, colon));
}

// Whether what stands before a name's first slash is a registry's host, and no part of a repository's name.
bool is_meant_as_domain(std::string_view text) {
  return text.find_first_of(".:") != std::string_view::npos || text == "localhost" || lower(text) != text;
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || !(is_alnum(text.front()) || text.front() == '_'))
    return false;
  for (char c : text)
    if (!is_alnum(c) && c != '_' && c != '.' && c != '-')
      return false;
  return true;
}

std::unexpected<Error> refuse(std::string_view text, const std::string& why, std::string hint) {
  return fail(Kind::input, "invalid image name \"" + std::string(text.substr(0, 300)) + "\": " + why, std::move(hint));
}

} // namespace

std::string Reference::familiar_name() const {
  if (domain != kHub)
    return name();
  if (path.starts_with(kLibrary) && path.find('/', kLibrary.size()) == std::string::npos)
    return path.substr(kLibrary.size());
  // "docker.io/host.example/app" without its beginning would be another registry's.
  return is_meant_as_domain(split_once(path, '/').first) ? name() : path;
}

std::string Reference::text() const {
  return name() + (tag.empty() ? "" : ":" + tag) + (digest ? "@" + digest.text() : "");
}

std::string Reference::familiar() const {
  return familiar_name() + (tag.empty() ? "" : ":" + tag) + (digest ? "@" + digest.text() : "");
}

Result<Reference> parse_reference(std::string_view text) {
  constexpr const char* kShape = "a name looks like debian, debian:bookworm or registry.example:5000/team/app:1.0";
  if (text.empty())
    return refuse(text, "it is empty", kShape);
  if (text.size() == 64 && is_hex(text))
    return refuse(text, "64 hexadecimal digits are an image's id, not a name", kShape);
  Reference out;
  auto [name_and_tag, digest] = split_once(text, '@');
  if (digest)
    out.digest = TRY(parse_digest(*digest));
  std::string_view name = name_and_tag;
  std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos) {
    out.tag = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (!is_tag(out.tag))
      return refuse(text, "\"" + out.tag + "\" is not a tag",
                    "a tag has up to 128 letters, digits, '_', '.' and '-', and does not begin with '.' or '-'");
  } else if (!digest) {
    out.tag = "latest";
  }
  auto [first, rest] = split_once(name, '/');
  bool has_domain = rest && is_meant_as_domain(first);
  out.domain = has_domain ? first : kHub;
  out.path = has_domain ? *rest : name;
  if (out.domain == "index.docker.io")
    out.domain = kHub;
  if (!is_domain(out.domain))
    return refuse(text, "\"" + out.domain + "\" is not a registry's host name", kShape);
  if (out.domain == kHub && out.path.find('/') == std::string::npos)
    out.path = std::string(kLibrary) + out.path;
  if (lower(out.path) != out.path)
    return refuse(text, "a repository's name has no upper-case letters", "try " + lower(text));
  for (std::string_view part : split(out.path, '/'))
    if (!is_path_component(part))
      return refuse(text, "\"" + std::string(part) + "\" cannot be part of a name", kShape);
  if (out.name().size() > kNameLimit)
    return refuse(text, "it is longer than " + std::to_string(kNameLimit) + " characters", kShape);
  return out;
}

} // namespace phial::image
