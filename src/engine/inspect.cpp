// inspect: one container in the shape of docker's inspect document.
#include "base/clock.hpp"
#include "engine/containers.hpp"
#include "engine/log_format.hpp"

#include "base/file.hpp"

namespace phial::engine {

namespace {

constexpr std::string_view kNever = "0001-01-01T00:00:00Z"; // docker's word for "not yet"

std::string time_or_never(std::int64_t time) {
  return time == 0 ? std::string(kNever) : time_string(time);
}

Json state_json(const Container& container) {
  Json out = Json::object();
  out.set("Status", status_name(container.status));
  out.set("Running", container.is_running());
  out.set("Paused", container.status == Status::paused);
  out.set("Restarting", false);
  out.set("OOMKilled", container.oom_killed);
  out.set("Dead", container.status == Status::dead);
  out.set("Pid", container.pid);
  // An exit status that is not known: -1, and Error says why.
  out.set("ExitCode", container.is_running() || container.status == Status::created ? container.exit_code.value_or(0)
                                                                                    : container.exit_code.value_or(-1));
  out.set("Error", container.error);
  out.set("StartedAt", time_or_never(container.started_at));
  out.set("FinishedAt", time_or_never(container.finished_at));
  return out;
}

Json mounts_json(const Record& record) {
  Json out = Json::array();
  for (const RecordMount& mount : record.mounts) {
    Json entry = Json::object();
    entry.set("Type", mount.type);
    if (!mount.name.empty())
      entry.set("Name", mount.name);
    entry.set("Source", mount.source);
    entry.set("Destination", mount.destination);
    if (mount.type == "volume")
      entry.set("Driver", "local");
    entry.set("Mode", mount.mode);
    entry.set("RW", !mount.read_only);
    entry.set("Propagation", mount.propagation);
    out.push(std::move(entry));
  }
  return out;
}

Json strings_or_null(const std::vector<std::string>& strings) {
  return strings.empty() ? Json() : Json::strings(strings);
}

// Of the spec as it stands in config.json: what the container's process is given.
Json config_json(const Container& container, const Json& spec) {
  const Record& record = container.record;
  Json out = Json::object();
  out.set("Hostname", spec.string_or("hostname"));
  out.set("Domainname", spec.string_or("domainname"));
  const Json* uid = spec.at({"process", "user", "uid"});
  const Json* gid = spec.at({"process", "user", "gid"});
  std::string user;
  for (const auto& [flag, text] : record.given)
    if (flag == "user")
      user = text;
  if (user.empty() && uid != nullptr && gid != nullptr && uid->as_uint().value_or(0) != 0)
    user = std::to_string(uid->as_uint().value_or(0)) + ":" + std::to_string(gid->as_uint().value_or(0));
  out.set("User", user);
  out.set("AttachStdin", record.interactive);
  out.set("AttachStdout", true);
  out.set("AttachStderr", true);
  out.set("Tty", record.tty);
  out.set("OpenStdin", record.interactive);
  const Json* process = spec.find("process");
  out.set("Env", process != nullptr ? Json::strings(process->strings_of("env")) : Json::array());
  out.set("Cmd", strings_or_null(record.command));
  out.set("Image", record.image);
  out.set("WorkingDir", process != nullptr ? process->string_or("cwd") : std::string());
  out.set("Entrypoint", strings_or_null(record.entrypoint));
  Json labels = Json::object();
  for (const auto& [key, value] : record.labels)
    labels.set(key, value);
  out.set("Labels", std::move(labels));
  out.set("StopSignal", record.stop_signal);
  out.set("StopTimeout", record.stop_timeout);
  return out;
}

Json graph_json(const Container& container, const std::string& directory) {
  std::string lower;
  for (auto it = container.record.layers.rbegin(); it != container.record.layers.rend(); ++it)
    lower += (lower.empty() ? "" : ":") + *it;
  Json data = Json::object();
  data.set("ID", container.record.id);
  data.set("LowerDir", lower);
  data.set("UpperDir", directory + "/upper");
  data.set("WorkDir", directory + "/work");
  // There is no merged directory on the host: the overlay is mounted in the container's namespace alone.
  data.set("MergedDir", container.is_running() ? "/proc/" + std::to_string(container.pid) + "/root" : std::string());
  return Json::object().set("Name", "overlayfs").set("Data", std::move(data));
}

Json network_json(const Container& container) {
  Json out = Json::object();
  out.set("SandboxKey", container.is_running() ? "/proc/" + std::to_string(container.pid) + "/ns/net" : std::string());
  out.set("Ports", Json::object());
  Json networks = Json::object();
  if (container.record.network_mode == "none" || container.record.network_mode == "host")
    networks.set(container.record.network_mode, Json::object().set("IPAddress", "").set("MacAddress", ""));
  out.set("Networks", std::move(networks));
  return out;
}

} // namespace

Result<std::string> inspect(const Engine& engine, std::string_view reference) {
  Container container = TRY(find(engine, reference));
  const Record& record = container.record;
  std::string directory = places(engine, record.id).directory;
  Json spec = TRY(parse_json(TRY(read_file(directory + "/config.json")), directory + "/config.json"));
  std::vector<std::string> words = record.entrypoint;
  words.insert(words.end(), record.command.begin(), record.command.end());
  Json out = Json::object();
  out.set("Id", record.id);
  out.set("Created", time_string(record.created));
  out.set("Path", words.empty() ? std::string() : words[0]);
  out.set("Args", words.size() > 1 ? Json::strings(std::span(words).subspan(1)) : Json::array());
  out.set("State", state_json(container));
  out.set("Image", record.image_id);
  out.set("ResolvConfPath", directory + "/resolv.conf");
  out.set("HostnamePath", directory + "/hostname");
  out.set("HostsPath", directory + "/hosts");
  out.set("LogPath", record.log_driver == "none" ? std::string() : directory + "/" + std::string(kLogName));
  out.set("Name", "/" + container.name);
  out.set("RestartCount", 0);
  out.set("Driver", "overlayfs");
  out.set("Platform", "linux");
  out.set("MountLabel", "");
  out.set("ProcessLabel", "");
  out.set("AppArmorProfile", "");
  out.set("ExecIDs", Json());
  out.set("HostConfig", record.host_config);
  out.set("GraphDriver", graph_json(container, directory));
  out.set("Mounts", mounts_json(record));
  out.set("Config", config_json(container, spec));
  out.set("NetworkSettings", network_json(container));
  return to_text(out, 4);
}

} // namespace phial::engine
