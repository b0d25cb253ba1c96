// The verbs, one file each beside this one.
#pragma once

#include "cli/verb.hpp"

namespace phial::cli {

extern const Verb kVersion;
extern const Verb kHelp;
extern const Verb kManPage;
extern const Verb kCompletion;
extern const Verb kComplete;

} // namespace phial::cli
