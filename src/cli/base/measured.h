/* SPDX-License-Identifier: BSD-2-Clause */
/* What client/measure found, in words and in JSON. */
#ifndef TOKI_CLI_BASE_MEASURED_H
#define TOKI_CLI_BASE_MEASURED_H

#include "client/measure.h"
#include "control/document.h"

#define MEASURED_WORDS_MAX 256

/* Why there is no sample, without a full stop; "" if there is one. `timeout_s`: of the options. */
const char *measured_words(const struct measure_target *t, double timeout_s,
                           char out[MEASURED_WORDS_MAX]);

/* Without port; "" if it has none. */
const char *measured_address(const struct measure_target *t, char out[ADDRESS_TEXT_MAX]);

/* The members of a result: `whole` for `toki query`, the shorter list of `toki trace` without. */
void measured_write(struct document *d, const struct measure_target *t, double timeout_s,
                    bool whole);

#endif
