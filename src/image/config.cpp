#include "image/config.hpp"

#include "base/text.hpp"

#include <sys/utsname.h>

#include <algorithm>

namespace phial::image {

namespace {

struct Machine {
  std::string_view uname;
  std::string_view go;
  std::string_view variant;
};

constexpr Machine kMachines[] = {
    {"x86_64", "amd64", ""}, {"aarch64", "arm64", ""},   {"armv7l", "arm", "v7"},    {"armv6l", "arm", "v6"},
    {"i686", "386", ""},     {"riscv64", "riscv64", ""}, {"ppc64le", "ppc64le", ""}, {"s390x", "s390x", ""},
};

// Reads one document's members, and says where one is not what it has to be.
class Reader {
public:
  Reader(std::string_view text, std::string_view label) : text_(text), label_(label) {}

  std::unexpected<Error> wrong(const Json& value, std::string_view key, std::string_view wanted) const {
    Error error;
    error.kind = Kind::input;
    error.message =
        "\"" + std::string(key) + "\" is " + std::string(value.type_name()) + ", and should be " + std::string(wanted);
    error.position = std::string(label_) + ":" + std::to_string(line_at(text_, value.offset()));
    return std::unexpected(std::move(error));
  }

  Result<std::string> text(const Json& object, std::string_view key) const {
    const Json* value = object.find(key);
    if (value == nullptr || value->is_null())
      return std::string();
    const std::string* out = value->as_string();
    if (out == nullptr || out->find('\0') != std::string::npos)
      return wrong(*value, key, "a string");
    return *out;
  }

  // An array of strings; docker took a single string for one, long ago.
  Result<std::vector<std::string>> texts(const Json& object, std::string_view key) const {
    const Json* value = object.find(key);
    std::vector<std::string> out;
    if (value == nullptr || value->is_null())
      return out;
    if (value->is_string())
      return std::vector<std::string>{TRY(text(object, key))};
    if (!value->is_array())
      return wrong(*value, key, "an array of strings");
    for (const Json& item : value->items()) {
      const std::string* one = item.as_string();
      if (one == nullptr || one->find('\0') != std::string::npos)
        return wrong(item, key, "an array of strings");
      out.push_back(*one);
    }
    return out;
  }

  // The keys of an object whose values mean nothing: ExposedPorts, Volumes.
  Result<std::vector<std::string>> keys(const Json& object, std::string_view key) const {
    const Json* value = object.find(key);
    std::vector<std::string> out;
    if (value == nullptr || value->is_null())
      return out;
    if (!value->is_object())
      return wrong(*value, key, "an object");
    for (const Json::Member& member : value->members())
      out.push_back(member.key);
    std::ranges::sort(out);
    return out;
  }

private:
  std::string_view text_;
  std::string_view label_;
};

Result<> read_config(const Reader& read, const Json& object, ImageConfig& out) {
  out.user = TRY(read.text(object, "User"));
  out.env = TRY(read.texts(object, "Env"));
  for (const std::string& entry : out.env)
    if (entry.find('=', 1) == std::string::npos)
      return fail(Kind::input, "the image's environment has \"" + entry.substr(0, 100) + "\", which is not NAME=VALUE");
  out.entrypoint = TRY(read.texts(object, "Entrypoint"));
  out.cmd = TRY(read.texts(object, "Cmd"));
  out.working_dir = TRY(read.text(object, "WorkingDir"));
  out.stop_signal = TRY(read.text(object, "StopSignal"));
  if (const Json* timeout = object.find("StopTimeout"))
    out.stop_timeout = timeout->as_int();
  out.exposed_ports = TRY(read.keys(object, "ExposedPorts"));
  out.volumes = TRY(read.keys(object, "Volumes"));
  out.shell = TRY(read.texts(object, "Shell"));
  out.on_build = TRY(read.texts(object, "OnBuild"));
  if (const Json* check = object.find("Healthcheck"); check != nullptr && check->is_object())
    out.healthcheck = *check;
  for (const std::string& key : TRY(read.keys(object, "Labels")))
    out.labels.emplace_back(key, TRY(read.text(*object.find("Labels"), key)));
  return {};
}

Json keys_json(const std::vector<std::string>& keys) {
  Json out = Json::object();
  for (const std::string& key : keys)
    out.set(key, Json::object());
  return out;
}

Json labels_json(const ImageConfig& config) {
  Json out = Json::object();
  for (const auto& [key, value] : config.labels)
    out.set(key, value);
  return out;
}

Json history_json(const History& entry) {
  Json out = Json::object();
  auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty())
      out.set(key, value);
  };
  add("created", entry.created);
  add("created_by", entry.created_by);
  add("author", entry.author);
  add("comment", entry.comment);
  if (entry.empty_layer)
    out.set("empty_layer", true);
  return out;
}

} // namespace

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

Platform host_platform() {
  utsname name{};
  ::uname(&name);
  for (const Machine& machine : kMachines)
    if (machine.uname == name.machine)
      return {"linux", std::string(machine.go), std::string(machine.variant)};
  return {"linux", name.machine, ""};
}

Result<Platform> parse_platform(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '/');
  auto refuse = [&] {
    return fail(Kind::usage, "\"" + std::string(text) + "\" is not a platform",
                "a platform looks like linux/amd64, linux/arm64 or linux/arm/v7");
  };
  if (parts.size() > 3 || std::ranges::find(parts, "") != parts.end())
    return refuse();
  Platform out;
  if (parts.size() > 1) {
    out.os = lower(parts[0]);
    parts.erase(parts.begin());
  }
  out.architecture = lower(parts[0]);
  if (out.architecture == "linux")
    return refuse();
  for (const Machine& machine : kMachines)
    if (machine.uname == out.architecture) {
      out.architecture = machine.go;
      out.variant = machine.variant;
    }
  if (parts.size() > 1)
    out.variant = lower(parts[1]);
  return out;
}

Result<ImageConfig> parse_config(std::string_view text, std::string_view label) {
  Json json = TRY(parse_json(text, label));
  if (!json.is_object())
    return fail(Kind::input, std::string(label) + " is not an image's configuration");
  Reader read(text, label);
  ImageConfig out;
  out.created = TRY(read.text(json, "created"));
  out.author = TRY(read.text(json, "author"));
  out.platform.os = TRY(read.text(json, "os"));
  out.platform.architecture = TRY(read.text(json, "architecture"));
  out.platform.variant = TRY(read.text(json, "variant"));
  if (const Json* config = json.find("config"); config != nullptr && !config->is_null())
    TRY(read_config(read, *config, out), std::string(label));
  const Json* diff_ids = json.at({"rootfs", "diff_ids"});
  if (diff_ids != nullptr && !diff_ids->is_null())
    for (const std::string& id : TRY(read.texts(*json.find("rootfs"), "diff_ids")))
      out.diff_ids.push_back(TRY(parse_digest(id), std::string(label)));
  else if (json.find("rootfs") == nullptr)
    return fail(Kind::input, std::string(label) + " is not an image's configuration: it has no rootfs");
  if (const Json* history = json.find("history"))
    for (const Json& entry : history->items())
      out.history.push_back({entry.string_or("created"), entry.string_or("created_by"), entry.string_or("author"),
                             entry.string_or("comment"), entry.bool_or("empty_layer")});
  return out;
}

Json config_json(const ImageConfig& config) {
  auto or_null = [](const std::vector<std::string>& items) { return items.empty() ? Json() : Json::strings(items); };
  Json out = Json::object()
                 .set("User", config.user)
                 .set("ExposedPorts", config.exposed_ports.empty() ? Json() : keys_json(config.exposed_ports))
                 .set("Env", or_null(config.env))
                 .set("Cmd", or_null(config.cmd))
                 .set("Healthcheck", config.healthcheck.value_or(Json()))
                 .set("Volumes", config.volumes.empty() ? Json() : keys_json(config.volumes))
                 .set("WorkingDir", config.working_dir)
                 .set("Entrypoint", or_null(config.entrypoint))
                 .set("OnBuild", or_null(config.on_build))
                 .set("Labels", config.labels.empty() ? Json() : labels_json(config));
  if (!config.stop_signal.empty())
    out.set("StopSignal", config.stop_signal);
  out.set_if("StopTimeout", config.stop_timeout);
  if (!config.shell.empty())
    out.set("Shell", Json::strings(config.shell));
  return out;
}

std::string config_text(const ImageConfig& config) {
  Json json = Json::object();
  if (!config.created.empty())
    json.set("created", config.created);
  if (!config.author.empty())
    json.set("author", config.author);
  json.set("architecture", config.platform.architecture);
  if (!config.platform.variant.empty())
    json.set("variant", config.platform.variant);
  json.set("os", config.platform.os);
  Json inner = Json::object();
  Json full = config_json(config);
  for (const Json::Member& member : full.members())
    if (!member.value.is_null() && !(member.value.is_string() && member.value.as_string()->empty()))
      inner.set(member.key, member.value);
  json.set("config", std::move(inner));
  Json ids = Json::array();
  for (const Digest& id : config.diff_ids)
    ids.push(id.text());
  json.set("rootfs", Json::object().set("type", "layers").set("diff_ids", std::move(ids)));
  Json history = Json::array();
  for (const History& entry : config.history)
    history.push(history_json(entry));
  json.set("history", std::move(history));
  return to_text(json);
}

} // namespace phial::image
