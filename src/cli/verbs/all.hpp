// The verbs, one file each beside this one.
#pragma once

#include "cli/verb.hpp"

namespace phial::cli {

extern const Verb kRun;
extern const Verb kCreate;
extern const Verb kStart;
extern const Verb kExec;
extern const Verb kAttach;
extern const Verb kExplain;
extern const Verb kPs;
extern const Verb kLogs;
extern const Verb kTop;
extern const Verb kInspect;
extern const Verb kWait;
extern const Verb kStop;
extern const Verb kKill;
extern const Verb kPause;
extern const Verb kUnpause;
extern const Verb kRename;
extern const Verb kRemove;
extern const Verb kImages;
extern const Verb kImageInspect;
extern const Verb kTag;
extern const Verb kRmi;
extern const Verb kImagePrune;
extern const Verb kLoad;
extern const Verb kImport;
extern const Verb kInfo;
extern const Verb kVersion;
extern const Verb kHelp;
extern const Verb kManPage;
extern const Verb kCompletion;
extern const Verb kComplete;

} // namespace phial::cli
