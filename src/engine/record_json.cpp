// record.json: what is written down about a container when it is made.
#include "base/json.hpp"
#include "engine/ids.hpp"
#include "engine/record.hpp"

namespace phial::engine {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// As an array of pairs: keys may repeat (the flags do).
Json pairs_json(const Pairs& pairs) {
  Json out = Json::array();
  for (const auto& [key, value] : pairs)
    out.push(Json::array().push(key).push(value));
  return out;
}

Pairs pairs_of(const Json& json, std::string_view key) {
  Pairs out;
  const Json* array = json.find(key);
  if (array == nullptr)
    return out;
  for (const Json& entry : array->items())
    if (entry.size() == 2 && entry.items()[0].as_string() != nullptr && entry.items()[1].as_string() != nullptr)
      out.emplace_back(*entry.items()[0].as_string(), *entry.items()[1].as_string());
  return out;
}

Json mount_json(const RecordMount& mount) {
  Json out = Json::object();
  out.set("type", mount.type);
  out.set("name", mount.name);
  out.set("source", mount.source);
  out.set("destination", mount.destination);
  out.set("mode", mount.mode);
  out.set("propagation", mount.propagation);
  out.set("readOnly", mount.read_only);
  out.set("anonymous", mount.anonymous);
  return out;
}

RecordMount mount_of(const Json& json) {
  RecordMount out;
  out.type = json.string_or("type");
  out.name = json.string_or("name");
  out.source = json.string_or("source");
  out.destination = json.string_or("destination");
  out.mode = json.string_or("mode");
  out.propagation = json.string_or("propagation");
  out.read_only = json.bool_or("readOnly");
  out.anonymous = json.bool_or("anonymous");
  return out;
}

} // namespace

std::string record_json(const Record& record) {
  Json out = Json::object();
  out.set("version", 1);
  out.set("id", record.id);
  out.set("name", record.name);
  out.set("created", record.created);
  out.set("image", record.image);
  out.set("imageId", record.image_id);
  out.set("layers", Json::strings(record.layers));
  out.set("entrypoint", Json::strings(record.entrypoint));
  out.set("command", Json::strings(record.command));
  out.set("labels", pairs_json(record.labels));
  Json mounts = Json::array();
  for (const RecordMount& mount : record.mounts)
    mounts.push(mount_json(mount));
  out.set("mounts", std::move(mounts));
  out.set("tty", record.tty);
  out.set("interactive", record.interactive);
  out.set("remove", record.remove);
  out.set("init", record.init);
  out.set("privileged", record.privileged);
  out.set("standardSeccomp", record.standard_seccomp);
  out.set("stopSignal", record.stop_signal);
  out.set("stopTimeout", record.stop_timeout);
  out.set("logDriver", record.log_driver);
  out.set("logMaxSize", record.log_max_size);
  out.set("logMaxFiles", record.log_max_files);
  out.set("networkMode", record.network_mode);
  out.set("cgroup", record.cgroup);
  out.set("reasons", pairs_json(record.reasons));
  out.set("given", pairs_json(record.given));
  out.set("hostConfig", record.host_config);
  return to_text(out, 1) + "\n";
}

Result<Record> parse_record(std::string_view text) {
  Json json = TRY(parse_json(text, "record.json"));
  Record out;
  out.id = json.string_or("id");
  if (!is_id(out.id))
    return fail(Kind::input, "record.json: \"id\" is missing or no id");
  out.name = json.string_or("name");
  out.created = json.int_or("created");
  out.image = json.string_or("image");
  out.image_id = json.string_or("imageId");
  out.layers = json.strings_of("layers");
  out.entrypoint = json.strings_of("entrypoint");
  out.command = json.strings_of("command");
  out.labels = pairs_of(json, "labels");
  if (const Json* mounts = json.find("mounts"))
    for (const Json& mount : mounts->items())
      out.mounts.push_back(mount_of(mount));
  out.tty = json.bool_or("tty");
  out.interactive = json.bool_or("interactive");
  out.remove = json.bool_or("remove");
  out.init = json.bool_or("init");
  out.privileged = json.bool_or("privileged");
  out.standard_seccomp = json.bool_or("standardSeccomp");
  out.stop_signal = json.string_or("stopSignal", out.stop_signal);
  out.stop_timeout = json.int_or("stopTimeout", out.stop_timeout);
  out.log_driver = json.string_or("logDriver", out.log_driver);
  out.log_max_size = json.uint_or("logMaxSize", out.log_max_size);
  out.log_max_files = static_cast<std::uint32_t>(json.uint_or("logMaxFiles", out.log_max_files));
  out.network_mode = json.string_or("networkMode", out.network_mode);
  out.cgroup = json.string_or("cgroup");
  out.reasons = pairs_of(json, "reasons");
  out.given = pairs_of(json, "given");
  if (const Json* host = json.find("hostConfig"))
    out.host_config = *host;
  return out;
}

} // namespace phial::engine
