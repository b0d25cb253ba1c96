// HostConfig as docker's inspect shows it: what was asked for, in docker's words. Pure.
#pragma once

#include "base/json.hpp"
#include "engine/record.hpp"
#include "engine/run_options.hpp"

namespace phial::engine {

[[nodiscard]] Json host_config_json(const RunOptions& options, const Record& record);

} // namespace phial::engine
