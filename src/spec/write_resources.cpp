// The writer's "linux.resources" and "linux.seccomp".
#include "spec/writer.hpp"
#include "spec/writer_parts.hpp"

#include <utility>

namespace phial::spec {

using namespace kernel;

namespace {

Json rule_json(const DeviceRule& rule) {
  Json out = Json::object().set("allow", rule.allow).set("type", std::string(1, rule.type));
  out.set_if("major", rule.major).set_if("minor", rule.minor).set("access", rule.access);
  return out;
}

Json memory_json(const MemoryResources& memory) {
  Json out = Json::object();
  out.set_if("limit", memory.limit).set_if("reservation", memory.reservation).set_if("swap", memory.swap);
  out.set_if("kernel", memory.kernel).set_if("kernelTCP", memory.kernel_tcp).set_if("swappiness", memory.swappiness);
  out.set_if("disableOOMKiller", memory.disable_oom_killer).set_if("useHierarchy", memory.use_hierarchy);
  out.set_if("checkBeforeUpdate", memory.check_before_update);
  return out;
}

Json cpu_json(const CpuResources& cpu) {
  Json out = Json::object();
  out.set_if("shares", cpu.shares).set_if("quota", cpu.quota).set_if("burst", cpu.burst);
  out.set_if("period", cpu.period).set_if("realtimeRuntime", cpu.realtime_runtime);
  out.set_if("realtimePeriod", cpu.realtime_period);
  put(out, "cpus", cpu.cpus);
  put(out, "mems", cpu.mems);
  out.set_if("idle", cpu.idle);
  return out;
}

Json weight_json(const WeightDevice& device) {
  Json out = Json::object().set("major", device.major).set("minor", device.minor);
  out.set_if("weight", device.weight).set_if("leafWeight", device.leaf_weight);
  return out;
}

Json throttle_json(const ThrottleDevice& device) {
  return Json::object().set("major", device.major).set("minor", device.minor).set("rate", device.rate);
}

Json block_json(const BlockIoResources& block) {
  Json out = Json::object();
  out.set_if("weight", block.weight).set_if("leafWeight", block.leaf_weight);
  put_list(out, "weightDevice", block.weight_devices, weight_json);
  put_list(out, "throttleReadBpsDevice", block.read_bps, throttle_json);
  put_list(out, "throttleWriteBpsDevice", block.write_bps, throttle_json);
  put_list(out, "throttleReadIOPSDevice", block.read_iops, throttle_json);
  put_list(out, "throttleWriteIOPSDevice", block.write_iops, throttle_json);
  return out;
}

Json hugepage_json(const HugepageLimit& limit) {
  return Json::object().set("pageSize", limit.page_size).set("limit", limit.limit);
}

Json network_json(const NetworkResources& network) {
  Json out = Json::object();
  out.set_if("classID", network.class_id);
  put_list(out, "priorities", network.priorities, [](const InterfacePriority& part) {
    return Json::object().set("name", part.name).set("priority", part.priority);
  });
  return out;
}

Json rdma_json(const std::vector<RdmaLimit>& limits) {
  Json out = Json::object();
  for (const RdmaLimit& limit : limits) {
    Json part = Json::object();
    part.set_if("hcaHandles", limit.hca_handles).set_if("hcaObjects", limit.hca_objects);
    out.set(limit.device, std::move(part));
  }
  return out;
}

Json argument_json(const SeccompArgument& argument) {
  Json out = Json::object().set("index", argument.index).set("value", argument.value);
  if (argument.value_two != 0)
    out.set("valueTwo", argument.value_two);
  out.set("op", word_for(kSeccompOperators, std::to_underlying(argument.op)));
  return out;
}

Json seccomp_rule_json(const SeccompRule& rule) {
  Json out = Json::object().set("names", Json::strings(rule.names));
  out.set("action", word_for(kSeccompActions, std::to_underlying(rule.action)));
  out.set_if("errnoRet", rule.error_number);
  put_list(out, "args", rule.arguments, argument_json);
  return out;
}

} // namespace

Json to_json(const Resources& resources) {
  Json out = Json::object();
  put_list(out, "devices", resources.devices, rule_json);
  put_part(out, "memory", resources.memory, memory_json);
  put_part(out, "cpu", resources.cpu, cpu_json);
  put_part(out, "pids", resources.pids, [](const PidsResources& pids) {
    Json part = Json::object();
    part.set_if("limit", pids.limit);
    return part;
  });
  put_part(out, "blockIO", resources.block_io, block_json);
  put_list(out, "hugepageLimits", resources.hugepage_limits, hugepage_json);
  put_part(out, "network", resources.network, network_json);
  if (!resources.rdma.empty())
    out.set("rdma", rdma_json(resources.rdma));
  put(out, "unified", resources.unified);
  return out;
}

Json to_json(const SeccompProfile& profile) {
  Json out = Json::object();
  out.set("defaultAction", word_for(kSeccompActions, std::to_underlying(profile.default_action)));
  out.set_if("defaultErrnoRet", profile.default_error);
  put(out, "architectures", profile.architectures);
  if (profile.flags) {
    Json flags = Json::array();
    for (std::string_view name : words_for_flags(kSeccompFlags, *profile.flags))
      flags.push(name);
    out.set("flags", std::move(flags));
  }
  put(out, "listenerPath", profile.listener_path);
  put(out, "listenerMetadata", profile.listener_metadata);
  put_list(out, "syscalls", profile.rules, seccomp_rule_json);
  return out;
}

} // namespace phial::spec
