#include "engine/host_config.hpp"

namespace phial::engine {

namespace {

using From = NamespaceRequest::From;

std::string mode_text(const NamespaceRequest& request, std::string_view standard) {
  switch (request.from) {
  case From::standard: return std::string(standard);
  case From::own: return "private";
  case From::host: return "host";
  case From::container: return "container:" + request.container;
  case From::none: return "none";
  case From::shareable: return "shareable";
  }
  return std::string(standard);
}

Json throttles(const std::vector<Throttle>& list) {
  Json out = Json::array();
  for (const Throttle& throttle : list)
    out.push(Json::object().set("Path", throttle.device).set("Rate", throttle.rate));
  return out;
}

Json binds(const RunOptions& options) {
  Json out = Json::array();
  for (const MountRequest& mount : options.mounts)
    if (mount.type != MountRequest::Type::tmpfs && !mount.source.empty())
      out.push(mount.source + ":" + mount.destination + (mount.read_only ? ":ro" : ""));
  return out;
}

Json tmpfs(const RunOptions& options) {
  Json out = Json::object();
  for (const MountRequest& mount : options.mounts)
    if (mount.type == MountRequest::Type::tmpfs) {
      std::string text;
      for (const std::string& option : mount.tmpfs_options)
        text += (text.empty() ? "" : ",") + option;
      out.set(mount.destination, text);
    }
  return out;
}

void add_limits(Json& out, const RunOptions& options) {
  const Limits& limits = options.limits;
  out.set("CpuShares", limits.cpu_shares.value_or(0));
  out.set("Memory", limits.memory.value_or(0));
  out.set("NanoCpus", limits.nano_cpus.value_or(0));
  out.set("CgroupParent", options.cgroup_parent);
  out.set("BlkioWeight", limits.blkio_weight.value_or(0));
  out.set("BlkioDeviceReadBps", throttles(limits.read_bps));
  out.set("BlkioDeviceWriteBps", throttles(limits.write_bps));
  out.set("BlkioDeviceReadIOps", throttles(limits.read_iops));
  out.set("BlkioDeviceWriteIOps", throttles(limits.write_iops));
  out.set("CpuPeriod", limits.cpu_period.value_or(0));
  out.set("CpuQuota", limits.cpu_quota.value_or(0));
  out.set("CpusetCpus", limits.cpuset_cpus);
  out.set("CpusetMems", limits.cpuset_mems);
  out.set("MemoryReservation", limits.memory_reservation.value_or(0));
  std::int64_t swap = limits.memory ? static_cast<std::int64_t>(2 * *limits.memory) : 0;
  out.set("MemorySwap", limits.memory_swap.value_or(swap));
  out.set("MemorySwappiness", limits.memory_swappiness ? Json(*limits.memory_swappiness) : Json());
  out.set("OomKillDisable", limits.oom_kill_disable);
  out.set("PidsLimit", limits.pids ? Json(*limits.pids) : Json());
  Json ulimits = Json::array();
  for (const Ulimit& limit : options.ulimits)
    ulimits.push(Json::object().set("Name", limit.name).set("Hard", limit.hard).set("Soft", limit.soft));
  out.set("Ulimits", std::move(ulimits));
}

void add_security(Json& out, const RunOptions& options) {
  const SecurityRequest& security = options.security;
  out.set("CapAdd", Json::strings(security.cap_add));
  out.set("CapDrop", Json::strings(security.cap_drop));
  out.set("Privileged", security.privileged);
  Json words = Json::array();
  if (security.no_new_privileges)
    words.push("no-new-privileges");
  if (security.seccomp == SecurityRequest::Seccomp::unconfined)
    words.push("seccomp=unconfined");
  if (security.seccomp == SecurityRequest::Seccomp::profile)
    words.push("seccomp=" + security.seccomp_path);
  if (!security.apparmor.empty())
    words.push("apparmor=" + security.apparmor);
  out.set("SecurityOpt", std::move(words));
  Json sysctls = Json::object();
  for (const KeyValue& entry : options.sysctls)
    sysctls.set(entry.key, entry.value);
  out.set("Sysctls", std::move(sysctls));
  Json devices = Json::array();
  for (const DeviceRequest& device : options.devices)
    devices.push(Json::object()
                     .set("PathOnHost", device.source)
                     .set("PathInContainer", device.destination)
                     .set("CgroupPermissions", device.access));
  out.set("Devices", std::move(devices));
}

} // namespace

Json host_config_json(const RunOptions& options, const Record& record) {
  Json out = Json::object();
  out.set("Binds", binds(options));
  Json log = Json::object();
  log.set("max-size", std::to_string(record.log_max_size));
  log.set("max-file", std::to_string(record.log_max_files));
  out.set("LogConfig", Json::object().set("Type", record.log_driver).set("Config", std::move(log)));
  out.set("NetworkMode", record.network_mode);
  out.set("AutoRemove", options.remove);
  out.set("RestartPolicy", Json::object().set("Name", "no").set("MaximumRetryCount", 0));
  out.set("CgroupnsMode", mode_text(options.cgroup, "private"));
  out.set("Dns", Json::strings(options.dns));
  out.set("DnsOptions", Json::strings(options.dns_options));
  out.set("DnsSearch", Json::strings(options.dns_search));
  Json hosts = Json::array();
  for (const KeyValue& entry : options.extra_hosts)
    hosts.push(entry.key + ":" + entry.value);
  out.set("ExtraHosts", std::move(hosts));
  out.set("GroupAdd", Json::strings(options.groups));
  out.set("IpcMode", mode_text(options.ipc, "private"));
  out.set("PidMode", mode_text(options.pid, ""));
  out.set("UTSMode", mode_text(options.uts, ""));
  out.set("UsernsMode", mode_text(options.user_namespace, ""));
  out.set("OomScoreAdj", options.oom_score_adj.value_or(0));
  out.set("ReadonlyRootfs", options.read_only);
  out.set("ShmSize", options.shm_size.value_or(std::uint64_t{64} << 20));
  out.set("Init", options.init);
  out.set("Tmpfs", tmpfs(options));
  out.set("Runtime", "phial");
  add_security(out, options);
  add_limits(out, options);
  return out;
}

} // namespace phial::engine
