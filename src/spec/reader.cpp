#include "spec/reader.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "spec/reader_parts.hpp"

namespace phial::spec {

namespace {

constexpr std::size_t kMaxConfig = std::size_t{16} << 20;

// Semantic versioning 2.0: "1.2.0", "1.3.0-rc.1+dev". This runtime knows major version 1, and 0, its drafts.
void check_version(const Cursor& at, std::string_view version) {
  std::string_view core = version.substr(0, version.find_first_of("-+"));
  std::vector<std::string_view> parts = split(core, '.');
  bool whole = parts.size() == 3;
  for (std::string_view part : parts)
    whole = whole && parse_uint(part).has_value() && (part.size() == 1 || part[0] != '0');
  if (!whole)
    at.fail("ociVersion", "\"" + std::string(version) + "\" is not a version like \"1.3.0\"");
  else if (parts[0] != "1" && parts[0] != "0")
    at.fail("ociVersion", "version " + std::string(version) + " is not supported; this runtime knows 1.0.0 to 1.3.0");
}

// Sections for other systems mean nothing here; what contradicts the specification in them is a mistake all the same.
void check_freebsd(const Cursor& at) {
  static constexpr Word kSharing[] = {{"new", 0}, {"inherit", 1}};
  at.inside("jail", [](const Cursor& jail) {
    int ignored = 0;
    jail.read_word("host", ignored, kSharing, "\"new\" or \"inherit\"");
    jail.read_word("vnet", ignored, kSharing, "\"new\" or \"inherit\"");
  });
}

void read(const Cursor& at, Spec& out) {
  at.require({"ociVersion", "root"});
  at.read("ociVersion", out.oci_version);
  if (!at.failed())
    check_version(at, out.oci_version);
  at.inside("root", [&](const Cursor& root) {
    root.require({"path"});
    root.read("path", out.root.path);
    root.read("readonly", out.root.readonly);
    if (out.root.path.empty())
      root.fail("path", "is empty");
  });
  at.inside("process", out.process, [](const Cursor& place, Process& process) { read(place, process); });
  at.read("hostname", out.hostname);
  at.read("domainname", out.domainname);
  at.list("mounts", out.mounts, [](const Cursor& place, Mount& mount) { read(place, mount); });
  at.inside("hooks", [&](const Cursor& place) { read(place, out.hooks); });
  at.read("annotations", out.annotations);
  at.inside("linux", [&](const Cursor& place) { read(place, out.platform); });
  at.inside("freebsd", check_freebsd);
}

template <class T> Result<T> read_document(std::string_view text, std::string_view file_name) {
  Json json = TRY(parse_json(text, file_name, {.bytes = kMaxConfig}));
  Document document{text, std::string(file_name), {}};
  Cursor root(document, json);
  T out;
  if (root.expect(Json::Type::object))
    read(root, out);
  return document.result(std::move(out));
}

} // namespace

void check_absolute(const Cursor& at, std::string_view key, const std::string& path) {
  if (at.has(key) && !at.failed() && !path.starts_with('/'))
    at.fail(key, "\"" + path + "\" is not an absolute path");
}

Result<Spec> read_spec(std::string_view text, std::string_view file_name) {
  return read_document<Spec>(text, file_name);
}

Result<Spec> load_spec(const std::string& bundle) {
  std::string path = bundle + "/config.json";
  std::string text = TRY(read_file(path, kMaxConfig), "read the bundle's configuration");
  return read_spec(text, "config.json");
}

Result<> check_startable(const Spec& spec, std::string_view file_name) {
  std::string why = !spec.process                ? "process: is required to start the container and missing"
                    : spec.process->args.empty() ? "process.args: is required to start the container and empty"
                                                 : "";
  if (why.empty())
    return {};
  return fail(Kind::input, std::string(file_name) + " " + why);
}

Result<Process> read_process(std::string_view text, std::string_view file_name) {
  return read_document<Process>(text, file_name);
}

Result<kernel::Resources> read_resources(std::string_view text, std::string_view file_name) {
  return read_document<kernel::Resources>(text, file_name);
}

Result<kernel::SeccompProfile> read_seccomp(std::string_view text, std::string_view file_name) {
  return read_document<kernel::SeccompProfile>(text, file_name);
}

} // namespace phial::spec
