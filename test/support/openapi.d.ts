export interface paths {
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who makes the request, and what he may do
         * @description For pages, which show what would work. What is allowed is decided anew with every request.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Entries, newest first
         * @description At most 1,000 entries a call, and fewer when they have more than 4 MiB together; always a cursor when there are more. The answer as it is saved to a file is what `audit-log verify` takes. Needs the permission `read`. Needs the feature `audit_export`.
         */
        get: operations["listEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/entries/{seq}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One entry, with the proof that the log contains it
         * @description Needs the permission `read`. Needs the feature `audit_export`.
         */
        get: operations["getEntry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/entries/{seq}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The proof that the log contains an entry: a .tlog-proof file
         * @description Needs the permission `read`. Needs the feature `audit_export`.
         */
        get: operations["getEntryProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All entries that match, as a file
         * @description A stream without end of its own: it has everything that was committed when it began. A connection that breaks off before the end of the stream means that the file is not complete. The export is itself an entry when it begins, and another when it ends. Needs the permission `export`. Needs the feature `audit_export`.
         */
        get: operations["exportEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest checkpoint: a signed note (c2sp.org/tlog-checkpoint)
         * @description Needs the permission `read`.
         */
        get: operations["getCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Checkpoints, newest first
         * @description Needs the permission `read`.
         */
        get: operations["listCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the log is sequenced and signed, and what is wrong with it
         * @description Says something of the whole installation, whatever the tenants of the principal. Needs the permission `inspect`.
         */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the database's own catalog says of the guards, and how to mend what is wrong
         * @description Needs the permission `inspect`.
         */
        get: operations["getPosture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many entries there are per day (UTC) and action
         * @description The 100 most frequent actions; all others together stand under the action `*`. Days without entries are left out. Needs the permission `read`.
         */
        get: operations["getActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/acceptances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Accepted risks as of a time, oldest first
         * @description At most 1,000 a call, and always a cursor when there are more. `invalid` is what somebody recorded as accepted without what that takes (docs/risk.md). `seq` is the entry that decided the state. Needs the permission `read`. Needs the feature `audit_export`.
         */
        get: operations["listAcceptances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The retention, the months and when each expires, and the legal holds
         * @description Says something of the whole installation, whatever the tenants of the principal. Needs the permission `settings` or `inspect`.
         */
        get: operations["getRetention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/retention/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keeps every entry longer
         * @description The retention can never be shortened again. The change is the entry `audit_log.retention.extended`, written in the same transaction. Needs the permission `settings`. Needs the feature `audit_extended_retention`.
         */
        post: operations["extendRetention"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/legal-holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keeps entries from being purged until the hold is released
         * @description Those that have everything that is given; with nothing given, all. Only the archivist can release a hold, with the CLI. The hold is the entry `audit_log.legal_hold.placed`, written in the same transaction. Needs the permission `settings`.
         */
        post: operations["placeLegalHold"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The kinds of destinations with their fields, and the forwarders that are configured
         * @description Secrets are never shown. Needs the permission `settings` or `inspect`.
         */
        get: operations["listForwarders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends one marked event with settings that are not stored yet, and says what came back
         * @description Secrets that are left out are those that are stored under the name for the same destination. The event is marked as a test (`audit_log.sink_test`) and is no entry of the log; that somebody sent it is one: `audit_log.forwarder.tested`. Needs the permission `settings`.
         */
        post: operations["testForwarderDraft"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Adds a forwarder or changes it
         * @description Takes effect within seconds, without a restart. Secrets that are left out stay, unless the destination changes: they are bound to it and must be entered again. The change is the entry `audit_log.forwarder.added` or `audit_log.forwarder.changed`, written in the same transaction, without secrets. Needs the permission `settings`.
         */
        put: operations["putForwarder"];
        post?: never;
        /**
         * Removes a forwarder
         * @description Its position in the log stays: one that is added by the same name later goes on from there. The change is the entry `audit_log.forwarder.removed`. Needs the permission `settings`.
         */
        delete: operations["deleteForwarder"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends one marked event with the stored settings, and says what came back
         * @description The event is marked as a test (`audit_log.sink_test`) and is no entry of the log; that somebody sent it is one: `audit_log.forwarder.tested`. Needs the permission `settings`.
         */
        post: operations["testForwarder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Holds a forwarder until it is resumed
         * @description Takes effect within seconds. The change is the entry `audit_log.forwarder.paused`. Needs the permission `settings`.
         */
        post: operations["pauseForwarder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets a forwarder go on where it was
         * @description Takes effect within seconds. The change is the entry `audit_log.forwarder.resumed`. Needs the permission `settings`.
         */
        post: operations["resumeForwarder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/forwarders/{name}/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a forwarder went past without delivering it, newest first
         * @description Also of a forwarder that was removed, or that was never configured here. Needs the permission `settings` or `inspect`.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description This document
         */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An entry as it is stored. It verifies by itself: entry_hash is the SHA-256 of the canonical JSON (RFC 8785) of the other members. */
        Entry: {
            /** @constant */
            version: 1;
            seq: number;
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            timestamp: string;
            tenant_id: string | null;
            user_id: string | null;
            action: string;
            target: string | null;
            source_ip: string | null;
            /** @enum {string} */
            outcome: "success" | "failure" | "denied";
            details: {
                [key: string]: unknown;
            };
            recorded_by: string;
            entry_hash: string;
        };
        /** @description A signed tree head. `note` is the signed note (c2sp.org/tlog-checkpoint) that the other members are read from; only it proves anything. */
        Checkpoint: {
            tree_size: number;
            root_hash: string;
            /** Format: date-time */
            signed_at: string;
            note: string;
        };
        /** @description A problem document (RFC 9457). */
        Problem: {
            title: string;
            status: number;
            /** @description Stable: what a program should look at. */
            code: string;
            detail?: string;
            /** @description The parameter that is at fault. */
            parameter?: string;
            /** @description Where in the body the fault is: a JSONPath (RFC 9535). */
            path?: string;
            /** @description The feature flag that is off. */
            feature?: string;
        };
        /** @enum {string} */
        ProblemCode: "parameter_unknown" | "parameter_repeated" | "parameter_invalid" | "cursor_invalid" | "body_malformed" | "body_invalid" | "unauthenticated" | "permission_missing" | "tenant_forbidden" | "csrf" | "feature_disabled" | "destination_forbidden" | "not_found" | "entry_not_found" | "proof_pending" | "checkpoint_missing" | "forwarder_unknown" | "method_not_allowed" | "retention_too_young" | "settings_key_missing" | "settings_key_wrong" | "settings_busy" | "body_too_large" | "query_too_long" | "media_type_unsupported" | "export_busy" | "internal_error" | "log_unavailable" | "query_timeout";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who makes the request, and what he may do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        principal: {
                            id: string;
                            tenants: "all" | (string | null)[];
                        };
                        permissions: ("read" | "export" | "inspect" | "settings")[];
                        flags: {
                            audit_export: boolean;
                            audit_extended_retention: boolean;
                        };
                        /** @description The host's token for `x-csrf-token`, if it has one. */
                        csrf_token: string | null;
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    listEntries: {
        parameters: {
            query?: {
                /** @description Entries at or after this time: RFC 3339 with a zone, at most six decimals. */
                since?: string;
                /** @description Entries before this time: RFC 3339 with a zone, at most six decimals. */
                until?: string;
                /** @description Entries with this action, or with one of several separated by commas. `scan.*` stands for everything below `scan`. */
                action?: string;
                /** @description Entries of this user; empty for those of the system itself. */
                user_id?: string;
                /** @description Entries about this target; empty for those about none. */
                target?: string;
                /** @description Entries from this address, or from a network in CIDR notation such as `203.0.113.0/24`. */
                source_ip?: string;
                /** @description Entries with this outcome. */
                outcome?: "success" | "failure" | "denied";
                /** @description Entries whose details contain these members: a JSON object. */
                details?: string;
                /** @description Entries with this number or a higher one. */
                seq_from?: number;
                /** @description Entries with this number or a lower one. */
                seq_to?: number;
                /** @description Entries of this tenant; empty for those of none. Default is every tenant that the principal may see. */
                tenant_id?: string;
                /** @description Which entries come first. */
                order?: "newest" | "oldest";
                /** @description How many to answer with at most. */
                limit?: number;
                /** @description `next_cursor` of the answer to go on after, with all other parameters but `limit` as they were. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Entries, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entries: components["schemas"]["Entry"][];
                        /** @description Where to go on; null when there is nothing more. */
                        next_cursor: string | null;
                        has_more: boolean;
                        /** @description The newest checkpoint; null when there is none yet. */
                        checkpoint: components["schemas"]["Checkpoint"] | null;
                        /** @description How many of these entries the checkpoint does not cover yet: nothing but the database vouches for them. */
                        uncovered: number;
                    };
                };
            };
            /** @description `cursor_invalid`: The cursor is damaged, or belongs to another query or to somebody else. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "cursor_invalid" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. `tenant_forbidden`: The principal may not see this tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing" | "tenant_forbidden";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    getEntry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the entry. */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One entry, with the proof that the log contains it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entry: components["schemas"]["Entry"];
                        /** @description Its position in the log; null for the second before it has one. */
                        leaf_index: number | null;
                        /** @description A .tlog-proof file (c2sp.org/tlog-proof); null until a checkpoint covers the entry. */
                        proof: string | null;
                    };
                };
            };
            /** @description `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing";
                    };
                };
            };
            /** @description `entry_not_found`: There is no such entry among those that the principal may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "entry_not_found";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    getEntryProof: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The number of the entry. */
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof that the log contains an entry: a .tlog-proof file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing";
                    };
                };
            };
            /** @description `entry_not_found`: There is no such entry among those that the principal may see. `proof_pending`: No checkpoint covers the entry yet. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "entry_not_found" | "proof_pending";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    exportEntries: {
        parameters: {
            query?: {
                /** @description `ndjson`: a line of canonical JSON for each entry. `json`: an object with the member `entries`. `csv`: for spreadsheets; values that they would take for formulas get an apostrophe in front. */
                format?: "ndjson" | "json" | "csv";
                /** @description Entries at or after this time: RFC 3339 with a zone, at most six decimals. */
                since?: string;
                /** @description Entries before this time: RFC 3339 with a zone, at most six decimals. */
                until?: string;
                /** @description Entries with this action, or with one of several separated by commas. `scan.*` stands for everything below `scan`. */
                action?: string;
                /** @description Entries of this user; empty for those of the system itself. */
                user_id?: string;
                /** @description Entries about this target; empty for those about none. */
                target?: string;
                /** @description Entries from this address, or from a network in CIDR notation such as `203.0.113.0/24`. */
                source_ip?: string;
                /** @description Entries with this outcome. */
                outcome?: "success" | "failure" | "denied";
                /** @description Entries whose details contain these members: a JSON object. */
                details?: string;
                /** @description Entries with this number or a higher one. */
                seq_from?: number;
                /** @description Entries with this number or a lower one. */
                seq_to?: number;
                /** @description Entries of this tenant; empty for those of none. Default is every tenant that the principal may see. */
                tenant_id?: string;
                /** @description Which entries come first. */
                order?: "newest" | "oldest";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All entries that match, as a file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "application/json": {
                        entries: components["schemas"]["Entry"][];
                    };
                    "text/csv": string;
                };
            };
            /** @description `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. `tenant_forbidden`: The principal may not see this tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing" | "tenant_forbidden";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `export_busy`: Too many exports are under way. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "export_busy";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    getCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest checkpoint: a signed note (c2sp.org/tlog-checkpoint) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `checkpoint_missing`: No checkpoint has been signed yet. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "checkpoint_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    listCheckpoints: {
        parameters: {
            query?: {
                /** @description How many to answer with at most. */
                limit?: number;
                /** @description `next_cursor` of the answer to go on after, with all other parameters but `limit` as they were. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Checkpoints, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checkpoints: components["schemas"]["Checkpoint"][];
                        /** @description Where to go on; null when there is nothing more. */
                        next_cursor: string | null;
                        has_more: boolean;
                    };
                };
            };
            /** @description `cursor_invalid`: The cursor is damaged, or belongs to another query or to somebody else. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "cursor_invalid" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How far the log is sequenced and signed, and what is wrong with it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Entries that have their place in the log. */
                        tree_size: number;
                        checkpoint: components["schemas"]["Checkpoint"] | null;
                        /** @description Entries that did not verify when they got their place. */
                        anomalies: number;
                        backlog: {
                            /** @description Committed entries without a place in the log, counted up to 10,000. */
                            entries: number;
                            oldest: {
                                seq: number;
                                age_ms: number;
                            } | null;
                            held_by: {
                                /** @enum {string} */
                                kind: "no_sequencer" | "halted" | "locked" | "passed_over";
                                explanation: string;
                            } | null;
                        };
                        /** @description The newest entry `audit_log.verified`, as `audit-log verify --database --record` writes it. */
                        last_verification: {
                            /** Format: date-time */
                            verified_at: string;
                            seq: number;
                            recorded_by: string;
                            ok: boolean;
                            /** @enum {unknown} */
                            verdict: "unsigned" | "wrong_key" | "signature_invalid" | "foreign" | "quorum_missing" | "fork" | "restored_to_earlier" | "entry_edited" | "entry_added" | "entry_missing" | "order_changed" | "truncated" | "altered" | "damaged" | "unexpected_file" | "not_canonical" | "unsequenced" | "purged" | "intact" | null;
                            tree_size: number | null;
                        } | null;
                        posture: {
                            ok: boolean;
                            /** @description Whether guards and grants hold against the application. */
                            tamper_resistant: boolean;
                            critical: number;
                            warnings: number;
                        };
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    getPosture: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the database's own catalog says of the guards, and how to mend what is wrong */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        checked_at: string;
                        checked_by: string;
                        schema: string;
                        schema_version: number | null;
                        server_version: string;
                        ok: boolean;
                        /** @description Whether guards and grants hold against the application. */
                        tamper_resistant: boolean;
                        findings: {
                            code: string;
                            /** @enum {string} */
                            severity: "critical" | "warning" | "info";
                            subject: string;
                            meaning: string;
                            detail: string | null;
                            fix: string;
                        }[];
                        not_checked: {
                            check: string;
                            reason: string;
                        }[];
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    getActivity: {
        parameters: {
            query?: {
                /** @description Count from this time on: RFC 3339 with a zone. At most 92 days before `until`. */
                since?: string;
                /** @description Count up to this time: RFC 3339 with a zone. Default is everything until now. */
                until?: string;
                /** @description Entries of this tenant; empty for those of none. Default is every tenant that the principal may see. */
                tenant_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many entries there are per day (UTC) and action */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        days: {
                            /** Format: date */
                            day: string;
                            actions: {
                                action: string;
                                success: number;
                                failure: number;
                                denied: number;
                            }[];
                        }[];
                    };
                };
            };
            /** @description `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. `tenant_forbidden`: The principal may not see this tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing" | "tenant_forbidden";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    listAcceptances: {
        parameters: {
            query?: {
                /** @description The time to answer for: RFC 3339 with a zone; may lie in the future. Default is now. */
                as_of?: string;
                /** @description Entries of this tenant; empty for those of none. Default is every tenant that the principal may see. */
                tenant_id?: string;
                /** @description How many to answer with at most. */
                limit?: number;
                /** @description `next_cursor` of the answer to go on after, with all other parameters but `limit` as they were. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted risks as of a time, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        acceptances: {
                            acceptance_id: string;
                            target: string | null;
                            tenant_id: string | null;
                            /** @enum {string} */
                            state: "in_force" | "expiring" | "expired" | "revoked" | "invalid";
                            accepted_by: string | null;
                            approved_by: string | null;
                            justification: string | null;
                            /** Format: date-time */
                            accepted_at: string;
                            expires_at: string | null;
                            seq: number;
                        }[];
                        /** @description Where to go on; null when there is nothing more. */
                        next_cursor: string | null;
                        has_more: boolean;
                    };
                };
            };
            /** @description `cursor_invalid`: The cursor is damaged, or belongs to another query or to somebody else. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "cursor_invalid" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. `tenant_forbidden`: The principal may not see this tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing" | "tenant_forbidden";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    getRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The retention, the months and when each expires, and the legal holds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keep_days: number;
                        reason: string;
                        /** Format: date-time */
                        decided_at: string;
                        /** @description Whether `audit_extended_retention` is on. */
                        extendable: boolean;
                        months: {
                            month: string;
                            /** @description The planner's estimate; null where it has none yet. */
                            entries: number | null;
                            bytes: number;
                            /** Format: date-time */
                            expires_at: string;
                            expired: boolean;
                        }[];
                        holds: {
                            /** Format: uuid */
                            hold_id: string;
                            tenant_id: string | null;
                            user_id: string | null;
                            target: string | null;
                            since: string | null;
                            until: string | null;
                            reason: string;
                            approved_by: string;
                            /** Format: date-time */
                            placed_at: string;
                            released_at: string | null;
                        }[];
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    extendRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    keep_days: number;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Keeps every entry longer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keep_days: number;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `feature_disabled`: The feature is switched off. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "feature_disabled" | "permission_missing";
                    };
                };
            };
            /** @description `retention_too_young`: The retention can only grow. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "retention_too_young";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    placeLegalHold: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    tenant_id?: string | null;
                    user_id?: string | null;
                    target?: string | null;
                    since?: string | null;
                    until?: string | null;
                    reason: string;
                    approved_by: string;
                };
            };
        };
        responses: {
            /** @description Keeps entries from being purged until the hold is released */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        hold_id: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    listForwarders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kinds of destinations with their fields, and the forwarders that are configured */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        kinds: {
                            kind: string;
                            title: string;
                            fields: {
                                name: string;
                                title: string;
                                /** @enum {string} */
                                type: "text" | "url" | "number" | "boolean" | "select" | "secret";
                                required: boolean;
                                help: string;
                                options?: string[];
                                default?: string | number | boolean;
                                multiline?: boolean;
                                minimum?: number;
                                maximum?: number;
                                /** @description When it changes, secrets must be entered again. */
                                binds_secrets?: boolean;
                            }[];
                        }[];
                        forwarders: {
                            name: string;
                            kind: string;
                            config: {
                                [key: string]: string | number | boolean;
                            };
                            /** @description Secrets that are stored. They are never shown. */
                            secrets_set: string[];
                            paused: boolean;
                            /** @description Leaves of the log that are neither delivered nor in the dead letter. */
                            behind: number;
                            delivered: number;
                            dead_lettered: number;
                            /** @description Code of what keeps it from sending; `not_running` when no process is at it. */
                            problem: string | null;
                            /**
                             * Format: date-time
                             * @description When its settings were changed last.
                             */
                            updated_at: string;
                        }[];
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    testForwarderDraft: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    kind: "splunk" | "elastic" | "sentinel" | "qradar" | "syslog" | "http";
                    config: {
                        [key: string]: string | number | boolean | null;
                    };
                    /** @description Those that are new; null removes one. The others stay. */
                    secrets?: {
                        [key: string]: string | null;
                    };
                };
            };
        };
        responses: {
            /** @description Sends one marked event with settings that are not stored yet, and says what came back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether the event has arrived, as far as the receiver says. */
                        ok: boolean;
                        /** @description `delivered`, or a stable word for what went wrong. */
                        code: string;
                        message: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `destination_forbidden`: The host does not permit this destination. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "destination_forbidden" | "permission_missing";
                    };
                };
            };
            /** @description `settings_key_missing`: The host has no key for secrets, so none can be stored. `settings_key_wrong`: A stored secret does not open with the key of the host: enter it again. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_key_missing" | "settings_key_wrong";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    putForwarder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    kind: "splunk" | "elastic" | "sentinel" | "qradar" | "syslog" | "http";
                    config: {
                        [key: string]: string | number | boolean | null;
                    };
                    /** @description Those that are new; null removes one. The others stay. */
                    secrets?: {
                        [key: string]: string | null;
                    };
                };
            };
        };
        responses: {
            /** @description Adds a forwarder or changes it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        kind: string;
                        config: {
                            [key: string]: string | number | boolean;
                        };
                        /** @description Secrets that are stored. They are never shown. */
                        secrets_set: string[];
                        paused: boolean;
                        /** @description Leaves of the log that are neither delivered nor in the dead letter. */
                        behind: number;
                        delivered: number;
                        dead_lettered: number;
                        /** @description Code of what keeps it from sending; `not_running` when no process is at it. */
                        problem: string | null;
                        /**
                         * Format: date-time
                         * @description When its settings were changed last.
                         */
                        updated_at: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `destination_forbidden`: The host does not permit this destination. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "destination_forbidden" | "permission_missing";
                    };
                };
            };
            /** @description `settings_busy`: Somebody else changed the setting at the same time. `settings_key_missing`: The host has no key for secrets, so none can be stored. `settings_key_wrong`: A stored secret does not open with the key of the host: enter it again. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_busy" | "settings_key_missing" | "settings_key_wrong";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    deleteForwarder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removes a forwarder */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `forwarder_unknown`: No forwarder of that name is configured. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forwarder_unknown";
                    };
                };
            };
            /** @description `settings_busy`: Somebody else changed the setting at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_busy";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    testForwarder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sends one marked event with the stored settings, and says what came back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Whether the event has arrived, as far as the receiver says. */
                        ok: boolean;
                        /** @description `delivered`, or a stable word for what went wrong. */
                        code: string;
                        message: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `destination_forbidden`: The host does not permit this destination. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "destination_forbidden" | "permission_missing";
                    };
                };
            };
            /** @description `forwarder_unknown`: No forwarder of that name is configured. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forwarder_unknown";
                    };
                };
            };
            /** @description `settings_key_missing`: The host has no key for secrets, so none can be stored. `settings_key_wrong`: A stored secret does not open with the key of the host: enter it again. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_key_missing" | "settings_key_wrong";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
    pauseForwarder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Holds a forwarder until it is resumed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        kind: string;
                        config: {
                            [key: string]: string | number | boolean;
                        };
                        /** @description Secrets that are stored. They are never shown. */
                        secrets_set: string[];
                        paused: boolean;
                        /** @description Leaves of the log that are neither delivered nor in the dead letter. */
                        behind: number;
                        delivered: number;
                        dead_lettered: number;
                        /** @description Code of what keeps it from sending; `not_running` when no process is at it. */
                        problem: string | null;
                        /**
                         * Format: date-time
                         * @description When its settings were changed last.
                         */
                        updated_at: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `forwarder_unknown`: No forwarder of that name is configured. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forwarder_unknown";
                    };
                };
            };
            /** @description `settings_busy`: Somebody else changed the setting at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_busy";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    resumeForwarder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lets a forwarder go on where it was */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        kind: string;
                        config: {
                            [key: string]: string | number | boolean;
                        };
                        /** @description Secrets that are stored. They are never shown. */
                        secrets_set: string[];
                        paused: boolean;
                        /** @description Leaves of the log that are neither delivered nor in the dead letter. */
                        behind: number;
                        delivered: number;
                        dead_lettered: number;
                        /** @description Code of what keeps it from sending; `not_running` when no process is at it. */
                        problem: string | null;
                        /**
                         * Format: date-time
                         * @description When its settings were changed last.
                         */
                        updated_at: string;
                    };
                };
            };
            /** @description `body_invalid`: A member of the body is missing, unknown, or has a value that it cannot have. `body_malformed`: The body is not a JSON object in UTF-8. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_invalid" | "body_malformed" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `forwarder_unknown`: No forwarder of that name is configured. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "forwarder_unknown";
                    };
                };
            };
            /** @description `settings_busy`: Somebody else changed the setting at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "settings_busy";
                    };
                };
            };
            /** @description `body_too_large`: The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "body_too_large";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `media_type_unsupported`: The body must be application/json. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "media_type_unsupported";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description How many to answer with at most. */
                limit?: number;
                /** @description `next_cursor` of the answer to go on after, with all other parameters but `limit` as they were. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The name of the forwarder. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a forwarder went past without delivering it, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        dead_letters: {
                            /** @description The id of the entry or the notice, or `leaf-N`. */
                            item: string;
                            /** @enum {string} */
                            kind: "rejected" | "quarantined" | "gone";
                            code: string;
                            reason: string;
                            /** Format: date-time */
                            recorded_at: string;
                            first_leaf_index: number | null;
                            last_leaf_index: number | null;
                        }[];
                        /** @description Where to go on; null when there is nothing more. */
                        next_cursor: string | null;
                        has_more: boolean;
                    };
                };
            };
            /** @description `cursor_invalid`: The cursor is damaged, or belongs to another query or to somebody else. `parameter_invalid`: A parameter has a value that it cannot have. `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "cursor_invalid" | "parameter_invalid" | "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. `permission_missing`: The principal does not have the permission. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf" | "permission_missing";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. `query_timeout`: The query took too long. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable" | "query_timeout";
                    };
                };
            };
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `parameter_repeated`: The query has a parameter twice. `parameter_unknown`: The query has a parameter that this resource does not have. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "parameter_repeated" | "parameter_unknown";
                    };
                };
            };
            /** @description `unauthenticated`: Nobody is signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "unauthenticated";
                    };
                };
            };
            /** @description `csrf`: Nothing shows that the request comes from a page of this application. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "csrf";
                    };
                };
            };
            /** @description `query_too_long`: The query is too long. */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "query_too_long";
                    };
                };
            };
            /** @description `internal_error`: The request could not be answered. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "internal_error";
                    };
                };
            };
            /** @description `log_unavailable`: The audit log cannot be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {unknown} */
                        code?: "log_unavailable";
                    };
                };
            };
        };
    };
}
