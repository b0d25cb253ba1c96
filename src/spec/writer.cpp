#include "spec/writer.hpp"

#include "spec/writer_parts.hpp"

namespace phial::spec {

namespace {

Json user_json(const User& user) {
  Json out = Json::object().set("uid", user.uid).set("gid", user.gid);
  out.set_if("umask", user.umask);
  put(out, "additionalGids", user.additional_gids);
  return out;
}

Json capabilities_json(const Capabilities& sets) {
  Json out = Json::object();
  put(out, "bounding", sets.bounding);
  put(out, "effective", sets.effective);
  put(out, "inheritable", sets.inheritable);
  put(out, "permitted", sets.permitted);
  put(out, "ambient", sets.ambient);
  return out;
}

Json rlimit_json(const Rlimit& limit) {
  const kernel::RlimitFacts* facts = kernel::find_rlimit(limit.number);
  return Json::object()
      .set("type", facts != nullptr ? facts->oci_name : std::string_view())
      .set("hard", limit.hard)
      .set("soft", limit.soft);
}

Json scheduler_json(const Scheduler& scheduler) {
  Json out = Json::object().set("policy", word_for(kSchedulerPolicies, scheduler.policy));
  out.set_if("nice", scheduler.nice).set_if("priority", scheduler.priority);
  put_flags(out, "flags", kSchedulerFlags, scheduler.flags);
  out.set_if("runtime", scheduler.runtime).set_if("deadline", scheduler.deadline).set_if("period", scheduler.period);
  return out;
}

Json io_priority_json(const IoPriority& priority) {
  return Json::object()
      .set("class", word_for(kIoPriorityClasses, static_cast<std::uint64_t>(priority.io_class)))
      .set("priority", priority.priority);
}

Json affinity_json(const CpuAffinity& affinity) {
  Json out = Json::object();
  put(out, "initial", affinity.initial_cpus);
  put(out, "final", affinity.final_cpus);
  return out;
}

Json mapping_json(const IdMapping& mapping) {
  return Json::object().set("containerID", mapping.inside).set("hostID", mapping.outside).set("size", mapping.size);
}

Json mount_json(const Mount& mount) {
  Json out = Json::object().set("destination", mount.destination);
  put(out, "type", mount.type);
  put(out, "source", mount.source);
  put(out, "options", mount.options);
  put_list(out, "uidMappings", mount.uid_mappings, mapping_json);
  put_list(out, "gidMappings", mount.gid_mappings, mapping_json);
  return out;
}

Json hook_json(const Hook& hook) {
  Json out = Json::object().set("path", hook.path);
  put(out, "args", hook.args);
  put(out, "env", hook.env);
  out.set_if("timeout", hook.timeout);
  return out;
}

Json hooks_json(const Hooks& hooks) {
  Json out = Json::object();
  put_list(out, "prestart", hooks.prestart, hook_json);
  put_list(out, "createRuntime", hooks.create_runtime, hook_json);
  put_list(out, "createContainer", hooks.create_container, hook_json);
  put_list(out, "startContainer", hooks.start_container, hook_json);
  put_list(out, "poststart", hooks.poststart, hook_json);
  put_list(out, "poststop", hooks.poststop, hook_json);
  return out;
}

Json namespace_json(const Namespace& entry) {
  Json out = Json::object().set("type", kernel::facts(entry.type).oci_name);
  put(out, "path", entry.path);
  return out;
}

Json device_json(const Device& device) {
  Json out = Json::object().set("path", device.path).set("type", std::string(1, device.type));
  if (device.type != 'p')
    out.set("major", device.major).set("minor", device.minor);
  out.set_if("fileMode", device.file_mode).set_if("uid", device.uid).set_if("gid", device.gid);
  return out;
}

Json rdt_json(const IntelRdt& rdt) {
  Json out = Json::object();
  put(out, "closID", rdt.clos_id);
  put(out, "schemata", rdt.schemata);
  put(out, "l3CacheSchema", rdt.l3_cache_schema);
  put(out, "memBwSchema", rdt.memory_bandwidth_schema);
  put(out, "enableMonitoring", rdt.enable_monitoring);
  return out;
}

Json policy_json(const MemoryPolicy& policy) {
  Json out = Json::object().set("mode", word_for(kMemoryPolicyModes, static_cast<std::uint64_t>(policy.mode)));
  put(out, "nodes", policy.nodes);
  put_flags(out, "flags", kMemoryPolicyFlags, policy.flags);
  return out;
}

Json offset_json(const TimeOffset& offset) {
  return Json::object().set("secs", offset.seconds).set("nanosecs", offset.nanoseconds);
}

Json net_devices_json(const std::vector<NetDevice>& devices) {
  Json out = Json::object();
  for (const NetDevice& device : devices) {
    Json part = Json::object();
    put(part, "name", device.name);
    out.set(device.host_name, std::move(part));
  }
  return out;
}

Json personality_json(std::uint32_t personality) {
  return Json::object().set("domain", word_for(kPersonalities, personality));
}

Json linux_json(const Linux& platform) {
  Json out = Json::object();
  put_list(out, "uidMappings", platform.uid_mappings, mapping_json);
  put_list(out, "gidMappings", platform.gid_mappings, mapping_json);
  put(out, "sysctl", platform.sysctl);
  put_part(out, "resources", platform.resources, [](const kernel::Resources& part) { return to_json(part); });
  put(out, "cgroupsPath", platform.cgroups_path);
  put_list(out, "namespaces", platform.namespaces, namespace_json);
  put_list(out, "devices", platform.devices, device_json);
  if (!platform.net_devices.empty())
    out.set("netDevices", net_devices_json(platform.net_devices));
  put_part(out, "seccomp", platform.seccomp, [](const kernel::SeccompProfile& part) { return to_json(part); });
  put(out, "rootfsPropagation", platform.rootfs_propagation);
  put(out, "maskedPaths", platform.masked_paths);
  put(out, "readonlyPaths", platform.readonly_paths);
  put(out, "mountLabel", platform.mount_label);
  put_part(out, "intelRdt", platform.intel_rdt, rdt_json);
  put_part(out, "memoryPolicy", platform.memory_policy, policy_json);
  put_part(out, "personality", platform.personality, personality_json);
  Json offsets = Json::object();
  put_part(offsets, "monotonic", platform.monotonic_offset, offset_json);
  put_part(offsets, "boottime", platform.boottime_offset, offset_json);
  if (offsets.size() != 0)
    out.set("timeOffsets", std::move(offsets));
  return out;
}

} // namespace

Json to_json(const Process& process) {
  Json out = Json::object();
  put(out, "terminal", process.terminal);
  put_part(out, "consoleSize", process.console_size,
           [](const ConsoleSize& size) { return Json::object().set("height", size.height).set("width", size.width); });
  out.set("user", user_json(process.user));
  put(out, "args", process.args);
  put(out, "env", process.env);
  out.set("cwd", process.cwd);
  put_part(out, "capabilities", process.capabilities, capabilities_json);
  put_list(out, "rlimits", process.rlimits, rlimit_json);
  put(out, "noNewPrivileges", process.no_new_privileges);
  put(out, "apparmorProfile", process.apparmor_profile);
  out.set_if("oomScoreAdj", process.oom_score_adj);
  put_part(out, "scheduler", process.scheduler, scheduler_json);
  put(out, "selinuxLabel", process.selinux_label);
  put_part(out, "ioPriority", process.io_priority, io_priority_json);
  put_part(out, "execCPUAffinity", process.exec_cpu_affinity, affinity_json);
  return out;
}

Json to_json(const Spec& spec) {
  Json out = Json::object().set("ociVersion", spec.oci_version);
  put_part(out, "process", spec.process, [](const Process& process) { return to_json(process); });
  Json root = Json::object().set("path", spec.root.path);
  put(root, "readonly", spec.root.readonly);
  out.set("root", std::move(root));
  put(out, "hostname", spec.hostname);
  put(out, "domainname", spec.domainname);
  put_list(out, "mounts", spec.mounts, mount_json);
  if (Json hooks = hooks_json(spec.hooks); hooks.size() != 0)
    out.set("hooks", std::move(hooks));
  put(out, "annotations", spec.annotations);
  if (Json platform = linux_json(spec.platform); platform.size() != 0)
    out.set("linux", std::move(platform));
  return out;
}

} // namespace phial::spec
