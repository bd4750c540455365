/** An index template and its name, ready for `PUT _index_template/NAME`. */
export interface ElasticTemplate {
  readonly name: string
  readonly body: object
}

/**
 * The index template for {@link ElasticSink}: mappings for its documents, the failure store on (for data streams), and nothing
 * that could make a document be refused. `audit-log sink template elastic` prints it.
 *
 * @param target as in `ElasticOptions.target`
 */
export function elasticTemplate(
  target: { readonly dataset?: string | undefined } | { readonly index: string } = {},
): ElasticTemplate {
  const isIndex = 'index' in target
  const name = isIndex ? target.index : `logs-${target.dataset ?? 'entraguard.audit'}`
  return {
    name,
    body: {
      index_patterns: [`${name}-*`],
      ...(isIndex ? {} : { data_stream: {} }),
      // Above Elastic's own templates for logs-*-*, which have 100.
      priority: 500,
      _meta: { description: 'Audit log of @entraguard/audit-log' },
      template: {
        settings: { 'index.mapping.total_fields.limit': 200 },
        ...(isIndex ? {} : { data_stream_options: { failure_store: { enabled: true } } }),
        mappings,
      },
    },
  }
}

const keyword = { type: 'keyword', ignore_above: 8191 } as const

const mappings = {
  // Fields that are not named here stay in _source and make no trouble.
  dynamic: false,
  date_detection: false,
  properties: {
    // Milliseconds would cut the microseconds that order a log.
    '@timestamp': { type: 'date_nanos' },
    ecs: { properties: { version: keyword } },
    data_stream: {
      properties: {
        type: { type: 'constant_keyword' },
        dataset: { type: 'constant_keyword' },
        namespace: { type: 'constant_keyword' },
      },
    },
    event: {
      properties: {
        kind: keyword,
        category: keyword,
        type: keyword,
        action: keyword,
        outcome: keyword,
        id: keyword,
        sequence: { type: 'long' },
        hash: keyword,
        dataset: keyword,
        module: keyword,
        original: { type: 'keyword', index: false, doc_values: false, ignore_above: 131_072 },
      },
    },
    user: { properties: { id: keyword, target: { properties: { id: keyword } } } },
    source: { properties: { ip: { type: 'ip', ignore_malformed: true }, address: keyword } },
    organization: { properties: { id: keyword } },
    related: { properties: { user: keyword, ip: { type: 'ip', ignore_malformed: true }, hash: keyword } },
    audit_log: {
      properties: {
        leaf_index: { type: 'long' },
        previous_entry_hash: keyword,
        outcome: keyword,
        target: keyword,
        recorded_by: keyword,
        // One field for all names and types, so that two entries never contradict each other.
        details: { type: 'flattened', ignore_above: 8191, depth_limit: 64 },
        checkpoint: {
          properties: {
            tree_size: { type: 'long' },
            root_hash: keyword,
            note: { type: 'keyword', index: false, doc_values: false },
            edge: { type: 'keyword', index: false, doc_values: false },
          },
        },
      },
    },
  },
} as const
