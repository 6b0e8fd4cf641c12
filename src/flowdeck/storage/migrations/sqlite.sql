-- The schema that the migrations make. `make schema` writes this file; do not edit it.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE checkpoint_values (
	session_id VARCHAR(160) NOT NULL, 
	namespace VARCHAR(1024) NOT NULL, 
	channel VARCHAR(256) NOT NULL, 
	version VARCHAR(64) NOT NULL, 
	encoding VARCHAR(16) NOT NULL, 
	value BLOB NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_checkpoint_values PRIMARY KEY (session_id, namespace, channel, version)
);

CREATE TABLE checkpoint_writes (
	session_id VARCHAR(160) NOT NULL, 
	namespace VARCHAR(1024) NOT NULL, 
	checkpoint_id VARCHAR(64) NOT NULL, 
	task_id VARCHAR(64) NOT NULL, 
	position INTEGER NOT NULL, 
	channel VARCHAR(256) NOT NULL, 
	encoding VARCHAR(16) NOT NULL, 
	value BLOB NOT NULL, 
	task_path TEXT NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_checkpoint_writes PRIMARY KEY (session_id, namespace, checkpoint_id, task_id, position)
);

CREATE TABLE checkpoints (
	session_id VARCHAR(160) NOT NULL, 
	namespace VARCHAR(1024) NOT NULL, 
	checkpoint_id VARCHAR(64) NOT NULL, 
	parent_id VARCHAR(64), 
	run_id VARCHAR(64), 
	encoding VARCHAR(16) NOT NULL, 
	checkpoint BLOB NOT NULL, 
	metadata JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, nodes JSON, changed JSON, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (session_id, namespace, checkpoint_id)
);

CREATE TABLE workflows (
	workflow_id VARCHAR(128) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	number INTEGER NOT NULL, 
	description TEXT NOT NULL, 
	version VARCHAR(64) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	config_path TEXT, 
	source TEXT NOT NULL, 
	subworkflows JSON NOT NULL, 
	nodes JSON NOT NULL, 
	edges JSON NOT NULL, 
	loaded_at DATETIME NOT NULL, 
	deleted_run_at DATETIME, 
	deleted_runs INTEGER NOT NULL, 
	unloaded_at DATETIME, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, current_at DATETIME, 
	CONSTRAINT pk_workflows PRIMARY KEY (workflow_id)
);

CREATE INDEX ix_workflows_listing ON workflows (project_id, loaded_at, workflow_id);

CREATE UNIQUE INDEX uq_workflows_loaded ON workflows (project_id, name, digest) WHERE unloaded_at IS NULL;

CREATE UNIQUE INDEX uq_workflows_project_id_name_number ON workflows (project_id, name, number);

CREATE TABLE sessions (
	session_id VARCHAR(160) NOT NULL, 
	workflow_id VARCHAR(128) NOT NULL, 
	workflow_config_path TEXT NOT NULL, 
	title TEXT, 
	lifecycle VARCHAR(16) NOT NULL, 
	run_status VARCHAR(16), 
	status VARCHAR(16) NOT NULL GENERATED ALWAYS AS (CASE WHEN run_status IN ('queued', 'running', 'cancelling') THEN 'running' WHEN run_status IN ('interrupted', 'paused') THEN run_status WHEN lifecycle <> 'active' THEN lifecycle WHEN run_status = 'failed' THEN 'failed' ELSE 'active' END) STORED, 
	agent_config JSON, 
	initial_state JSON, 
	metadata JSON, 
	version INTEGER NOT NULL, 
	last_seq INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, oldest_seq INTEGER DEFAULT '1' NOT NULL, forked_from JSON, executor TEXT, kind VARCHAR(16) DEFAULT 'chat' NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (session_id), 
	CONSTRAINT fk_sessions_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflows (workflow_id)
);

CREATE INDEX ix_sessions_created ON sessions (project_id, created_at, session_id);

CREATE INDEX ix_sessions_status ON sessions (project_id, status, created_at, session_id);

CREATE INDEX ix_sessions_updated ON sessions (project_id, updated_at, session_id);

CREATE INDEX ix_sessions_workflow ON sessions (workflow_id);

CREATE TABLE events (
	session_id VARCHAR(160) NOT NULL, 
	seq INTEGER NOT NULL, 
	run_id VARCHAR(64), 
	type VARCHAR(32) NOT NULL, 
	data JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (session_id, seq), 
	CONSTRAINT fk_events_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE TABLE messages (
	session_id VARCHAR(160) NOT NULL, 
	message_id VARCHAR(128) NOT NULL, 
	seq INTEGER NOT NULL, 
	run_id VARCHAR(64), 
	type VARCHAR(16) NOT NULL, 
	content TEXT NOT NULL, 
	details JSON, 
	discarded_at DATETIME, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (session_id, message_id), 
	CONSTRAINT fk_messages_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_messages_run ON messages (run_id);

CREATE TABLE runs (
	run_id VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	workflow_id VARCHAR(128) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	input JSON, 
	output JSON, 
	error JSON, 
	interrupts JSON, 
	answers JSON, 
	limits JSON NOT NULL, 
	owner VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	completed_at DATETIME, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, attempt INTEGER DEFAULT '1' NOT NULL, active_ms DOUBLE, first_token_ms DOUBLE, deadlines JSON, stop_requested VARCHAR(16), first_seq INTEGER DEFAULT '0' NOT NULL, cut_offs INTEGER DEFAULT '0' NOT NULL, cut_off_step VARCHAR(64), 
	CONSTRAINT pk_runs PRIMARY KEY (run_id), 
	CONSTRAINT fk_runs_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE, 
	CONSTRAINT fk_runs_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflows (workflow_id)
);

CREATE INDEX ix_runs_active ON runs (status) WHERE status IN ('queued', 'running', 'cancelling');

CREATE INDEX ix_runs_session ON runs (session_id, created_at, run_id);

CREATE UNIQUE INDEX uq_runs_occupying ON runs (session_id) WHERE status IN ('running', 'cancelling', 'interrupted', 'paused');

CREATE TABLE snapshots (
	snapshot_id VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	checkpoint_id VARCHAR(64) NOT NULL, 
	label TEXT, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_snapshots PRIMARY KEY (snapshot_id), 
	CONSTRAINT fk_snapshots_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_snapshots_session ON snapshots (session_id, created_at, snapshot_id);

CREATE TABLE model_calls (
	model_call_id VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	seq INTEGER NOT NULL, 
	node VARCHAR(128), 
	provider VARCHAR(64) NOT NULL, 
	model VARCHAR(128) NOT NULL, 
	configured_as VARCHAR(128), 
	prompt_tokens INTEGER, 
	completion_tokens INTEGER, 
	cached_tokens INTEGER, 
	reasoning_tokens INTEGER, 
	estimated BOOLEAN NOT NULL, 
	latency_ms DOUBLE NOT NULL, 
	time_to_first_token_ms DOUBLE, 
	cost VARCHAR(32), 
	currency VARCHAR(3), 
	price_source VARCHAR(64), 
	error JSON, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, workflow_id VARCHAR(128), cache_write_tokens INTEGER, price_version VARCHAR(64), end_reason VARCHAR(16), provider_end_reason VARCHAR(64), 
	CONSTRAINT pk_model_calls PRIMARY KEY (model_call_id), 
	CONSTRAINT fk_model_calls_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE, 
	CONSTRAINT fk_model_calls_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_model_calls_run ON model_calls (run_id);

CREATE INDEX ix_model_calls_session ON model_calls (session_id, seq);

CREATE TABLE error_groups (
	group_id VARCHAR(64) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	type VARCHAR(128) NOT NULL, 
	message TEXT NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	node VARCHAR(128), 
	workflow VARCHAR(128), 
	status VARCHAR(16) NOT NULL, 
	count INTEGER NOT NULL, 
	first_seen DATETIME NOT NULL, 
	last_seen DATETIME NOT NULL, 
	status_changed_at DATETIME, 
	status_changed_by VARCHAR(128), 
	regressed_at DATETIME, 
	regressions INTEGER NOT NULL, 
	note TEXT, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, message_zh TEXT, 
	CONSTRAINT pk_error_groups PRIMARY KEY (group_id)
);

CREATE UNIQUE INDEX uq_error_groups_fingerprint ON error_groups (project_id, fingerprint);

CREATE INDEX ix_error_groups_last_seen ON error_groups (project_id, last_seen, group_id);

CREATE INDEX ix_error_groups_first_seen ON error_groups (project_id, first_seen, group_id);

CREATE INDEX ix_error_groups_count ON error_groups (project_id, count, group_id);

CREATE INDEX ix_error_groups_status ON error_groups (project_id, status, last_seen, group_id);

CREATE TABLE error_occurrences (
	occurrence_id VARCHAR(64) NOT NULL, 
	group_id VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160), 
	run_id VARCHAR(64), 
	workflow_id VARCHAR(128), 
	node VARCHAR(128), 
	request_id VARCHAR(64), 
	kind VARCHAR(16) NOT NULL, 
	type VARCHAR(128) NOT NULL, 
	message TEXT NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	provider_status INTEGER, 
	retryable BOOLEAN NOT NULL, 
	stack JSON, 
	count INTEGER NOT NULL, 
	occurred_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, path JSON, item INTEGER, message_zh TEXT, 
	CONSTRAINT pk_error_occurrences PRIMARY KEY (occurrence_id), 
	CONSTRAINT fk_error_occurrences_group_id FOREIGN KEY(group_id) REFERENCES error_groups (group_id) ON DELETE CASCADE, 
	CONSTRAINT fk_error_occurrences_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_error_occurrences_time ON error_occurrences (project_id, occurred_at, occurrence_id);

CREATE INDEX ix_error_occurrences_session ON error_occurrences (project_id, session_id, occurred_at, occurrence_id);

CREATE INDEX ix_error_occurrences_session_id ON error_occurrences (session_id);

CREATE TABLE node_runs (
	run_id VARCHAR(64) NOT NULL, 
	seq INTEGER NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	workflow_id VARCHAR(128) NOT NULL, 
	node VARCHAR(128) NOT NULL, 
	path TEXT NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	duration_ms DOUBLE, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_node_runs PRIMARY KEY (run_id, seq), 
	CONSTRAINT fk_node_runs_run_id FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
);

CREATE TABLE line_items (
	model_call_id VARCHAR(64) NOT NULL, 
	unit VARCHAR(16) NOT NULL, 
	quantity INTEGER NOT NULL, 
	unit_price VARCHAR(32) NOT NULL, 
	cost VARCHAR(32) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	price_source VARCHAR(64) NOT NULL, 
	price_version VARCHAR(64), 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_line_items PRIMARY KEY (model_call_id, unit), 
	CONSTRAINT fk_line_items_model_call_id FOREIGN KEY(model_call_id) REFERENCES model_calls (model_call_id) ON DELETE CASCADE
);

CREATE TABLE price_changes (
	model_call_id VARCHAR(64) NOT NULL, 
	repricing_id VARCHAR(64) NOT NULL, 
	cost VARCHAR(32), 
	currency VARCHAR(3), 
	price_source VARCHAR(64), 
	price_version VARCHAR(64), 
	items JSON NOT NULL, 
	new_cost VARCHAR(32), 
	new_currency VARCHAR(3), 
	changed_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_price_changes PRIMARY KEY (model_call_id, repricing_id), 
	CONSTRAINT fk_price_changes_model_call_id FOREIGN KEY(model_call_id) REFERENCES model_calls (model_call_id) ON DELETE CASCADE
);

CREATE INDEX ix_runs_time ON runs (project_id, created_at);

CREATE INDEX ix_runs_workflow ON runs (workflow_id, created_at);

CREATE INDEX ix_model_calls_time ON model_calls (project_id, created_at, model_call_id);

CREATE INDEX ix_model_calls_model ON model_calls (project_id, model, created_at);

CREATE INDEX ix_model_calls_workflow ON model_calls (workflow_id, created_at);

CREATE INDEX ix_node_runs_time ON node_runs (project_id, created_at);

CREATE INDEX ix_node_runs_workflow ON node_runs (workflow_id, created_at);

CREATE INDEX ix_price_changes_time ON price_changes (project_id, changed_at, model_call_id);

CREATE TABLE config_versions (
	config_version_id VARCHAR(64) NOT NULL, 
	path VARCHAR(1024) NOT NULL, 
	number INTEGER NOT NULL, 
	digest VARCHAR(64), 
	size INTEGER NOT NULL, 
	content TEXT, 
	origin VARCHAR(16) NOT NULL, 
	restored_from INTEGER, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_config_versions PRIMARY KEY (config_version_id)
);

CREATE UNIQUE INDEX uq_config_versions_number ON config_versions (project_id, path, number);

CREATE INDEX ix_workflows_path ON workflows (project_id, config_path);

CREATE TABLE bookmarks (
	bookmark_id VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	message_id VARCHAR(128) NOT NULL, 
	note TEXT, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_bookmarks PRIMARY KEY (bookmark_id), 
	CONSTRAINT fk_bookmarks_session_id FOREIGN KEY(session_id, message_id) REFERENCES messages (session_id, message_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_bookmarks_message ON bookmarks (session_id, message_id);

CREATE INDEX ix_bookmarks_listing ON bookmarks (project_id, created_at, bookmark_id);

CREATE INDEX ix_bookmarks_session ON bookmarks (session_id, created_at, bookmark_id);

CREATE TABLE message_search (
	search_id INTEGER NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	message_id VARCHAR(128) NOT NULL, 
	workflow VARCHAR(128) NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	folded TEXT, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_message_search PRIMARY KEY (search_id), 
	CONSTRAINT fk_message_search_session_id FOREIGN KEY(session_id, message_id) REFERENCES messages (session_id, message_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_message_search_message ON message_search (session_id, message_id);

CREATE INDEX ix_message_search_newest ON message_search (project_id, created_at, search_id);

CREATE INDEX ix_messages_order ON messages (session_id, seq, type, created_at, project_id);

CREATE VIRTUAL TABLE message_search_trigrams USING fts5(grams, scopes, content='', columnsize=0, detail=full, tokenize='ascii tokenchars ''	
 !"#$%&''''()*+,-./0123456789:;<=>?@[\]^_`abcdefghijklmnopqrstuvwxyz{|}~''');

CREATE VIRTUAL TABLE message_search_short USING fts5(grams, scopes, content='', columnsize=0, detail=none, tokenize='ascii tokenchars ''	
 !"#$%&''''()*+,-./0123456789:;<=>?@[\]^_`abcdefghijklmnopqrstuvwxyz{|}~''');

CREATE TRIGGER message_search_add AFTER INSERT ON message_search BEGIN
        INSERT INTO message_search_trigrams (rowid, grams, scopes)
        SELECT NEW.search_id, flowdeck_trigrams(messages.content), flowdeck_scopes(NEW.project_id, NEW.session_id, NEW.workflow, NEW.type, NEW.created_at) FROM messages WHERE messages.session_id = NEW.session_id AND messages.message_id = NEW.message_id;
        INSERT INTO message_search_short (rowid, grams, scopes)
        SELECT NEW.search_id, flowdeck_short_grams(messages.content), flowdeck_scopes(NEW.project_id, NEW.session_id, NEW.workflow, NEW.type, NEW.created_at) FROM messages WHERE messages.session_id = NEW.session_id AND messages.message_id = NEW.message_id;
    END;

CREATE TRIGGER message_search_remove BEFORE DELETE ON message_search BEGIN
        INSERT INTO message_search_trigrams (message_search_trigrams, rowid, grams, scopes)
        SELECT 'delete', OLD.search_id, flowdeck_trigrams(messages.content), flowdeck_scopes(OLD.project_id, OLD.session_id, OLD.workflow, OLD.type, OLD.created_at) FROM messages WHERE messages.session_id = OLD.session_id AND messages.message_id = OLD.message_id;
        INSERT INTO message_search_short (message_search_short, rowid, grams, scopes)
        SELECT 'delete', OLD.search_id, flowdeck_short_grams(messages.content), flowdeck_scopes(OLD.project_id, OLD.session_id, OLD.workflow, OLD.type, OLD.created_at) FROM messages WHERE messages.session_id = OLD.session_id AND messages.message_id = OLD.message_id;
    END;

CREATE TRIGGER messages_search_insert AFTER INSERT ON messages BEGIN
        INSERT INTO message_search (session_id, message_id, workflow, type, created_at, project_id, created_by) SELECT messages.session_id, messages.message_id, (
        SELECT workflows.name FROM sessions JOIN workflows ON workflows.workflow_id = sessions.workflow_id
        WHERE sessions.session_id = messages.session_id
    ), messages.type, messages.created_at, messages.project_id, messages.created_by FROM messages WHERE messages.session_id = NEW.session_id AND messages.message_id = NEW.message_id;
    END;

CREATE TRIGGER messages_search_forget BEFORE UPDATE OF content, type, created_at ON messages
    WHEN NEW.content <> OLD.content OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at BEGIN
        DELETE FROM message_search WHERE session_id = OLD.session_id AND message_id = OLD.message_id;
    END;

CREATE TRIGGER messages_search_update AFTER UPDATE OF content, type, created_at ON messages
    WHEN NEW.content <> OLD.content OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at BEGIN
        INSERT INTO message_search (session_id, message_id, workflow, type, created_at, project_id, created_by) SELECT messages.session_id, messages.message_id, (
        SELECT workflows.name FROM sessions JOIN workflows ON workflows.workflow_id = sessions.workflow_id
        WHERE sessions.session_id = messages.session_id
    ), messages.type, messages.created_at, messages.project_id, messages.created_by FROM messages WHERE messages.session_id = NEW.session_id AND messages.message_id = NEW.message_id;
    END;

CREATE TRIGGER messages_search_delete BEFORE DELETE ON messages BEGIN
        DELETE FROM message_search WHERE session_id = OLD.session_id AND message_id = OLD.message_id;
    END;

CREATE INDEX ix_runs_open ON runs (session_id, first_seq) WHERE status IN ('queued', 'running', 'cancelling', 'interrupted', 'paused');

CREATE TABLE idempotency_keys (
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	session_id VARCHAR(160), 
	run_id VARCHAR(64), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (project_id, created_by, "key"), 
	CONSTRAINT fk_idempotency_keys_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE INDEX ix_idempotency_keys_session_id ON idempotency_keys (session_id);

CREATE TABLE webhooks (
	webhook_id VARCHAR(64) NOT NULL, 
	url TEXT NOT NULL, 
	events JSON NOT NULL, 
	description TEXT, 
	secret VARCHAR(128) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	disabled_reason VARCHAR(32), 
	failing_since DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_webhooks PRIMARY KEY (webhook_id)
);

CREATE INDEX ix_webhooks_listing ON webhooks (project_id, created_at, webhook_id);

CREATE TABLE webhook_deliveries (
	delivery_id VARCHAR(64) NOT NULL, 
	webhook_id VARCHAR(64) NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	session_id VARCHAR(160), 
	run_id VARCHAR(64), 
	body TEXT NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	response_status INTEGER, 
	error TEXT, 
	created_at DATETIME NOT NULL, 
	queued_at DATETIME NOT NULL, 
	next_attempt_at DATETIME, 
	completed_at DATETIME, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_webhook_deliveries PRIMARY KEY (delivery_id), 
	CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhooks (webhook_id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_deliveries_listing ON webhook_deliveries (webhook_id, created_at, delivery_id);

CREATE INDEX ix_webhook_deliveries_ended ON webhook_deliveries (completed_at);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (status, next_attempt_at, delivery_id);

CREATE TABLE session_search (
	search_id INTEGER NOT NULL, 
	session_id VARCHAR(160) NOT NULL, 
	folded TEXT NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_session_search PRIMARY KEY (search_id), 
	CONSTRAINT fk_session_search_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_session_search_session ON session_search (session_id);

CREATE VIRTUAL TABLE session_search_trigrams USING fts5(grams, content='', columnsize=0, detail=full, tokenize='ascii tokenchars ''	
 !"#$%&''''()*+,-./0123456789:;<=>?@[\]^_`abcdefghijklmnopqrstuvwxyz{|}~''');

CREATE VIRTUAL TABLE session_search_short USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii tokenchars ''	
 !"#$%&''''()*+,-./0123456789:;<=>?@[\]^_`abcdefghijklmnopqrstuvwxyz{|}~''');

CREATE TRIGGER session_search_add AFTER INSERT ON session_search BEGIN
        INSERT INTO session_search_trigrams (rowid, grams) VALUES (NEW.search_id, flowdeck_trigrams(NEW.folded));
        INSERT INTO session_search_short (rowid, grams) VALUES (NEW.search_id, flowdeck_short_grams(NEW.folded));
    END;

CREATE TRIGGER session_search_remove BEFORE DELETE ON session_search BEGIN
        INSERT INTO session_search_trigrams (session_search_trigrams, rowid, grams)
        VALUES ('delete', OLD.search_id, flowdeck_trigrams(OLD.folded));
        INSERT INTO session_search_short (session_search_short, rowid, grams)
        VALUES ('delete', OLD.search_id, flowdeck_short_grams(OLD.folded));
    END;

CREATE TRIGGER sessions_search_insert AFTER INSERT ON sessions BEGIN
        INSERT INTO session_search (session_id, folded, project_id, created_by)
        VALUES (NEW.session_id, flowdeck_fold(NEW.session_id || char(1) || NEW.workflow_config_path || char(1) || coalesce(NEW.title, '')), NEW.project_id, NEW.created_by);
    END;

CREATE TRIGGER sessions_search_update AFTER UPDATE OF title, workflow_config_path ON sessions BEGIN
        DELETE FROM session_search WHERE session_id = OLD.session_id;
        INSERT INTO session_search (session_id, folded, project_id, created_by)
        VALUES (NEW.session_id, flowdeck_fold(NEW.session_id || char(1) || NEW.workflow_config_path || char(1) || coalesce(NEW.title, '')), NEW.project_id, NEW.created_by);
    END;

CREATE TRIGGER sessions_search_delete BEFORE DELETE ON sessions BEGIN
        DELETE FROM session_search WHERE session_id = OLD.session_id;
    END;

CREATE INDEX ix_error_occurrences_group ON error_occurrences (project_id, group_id, occurred_at, occurrence_id, session_id, workflow_id, count);

CREATE INDEX ix_error_occurrences_group_id ON error_occurrences (group_id);

CREATE INDEX ix_sessions_project ON sessions (project_id);

CREATE TABLE answers (
	session_id VARCHAR(160) NOT NULL, 
	seq INTEGER NOT NULL, 
	run_id VARCHAR(64) NOT NULL, 
	question JSON NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	answer JSON, 
	created_at DATETIME NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_answers PRIMARY KEY (session_id, seq), 
	CONSTRAINT fk_answers_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_answers_run ON answers (run_id);

CREATE TABLE media (
	project_id VARCHAR(64) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	mime_type VARCHAR(128) NOT NULL, 
	size INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_media PRIMARY KEY (project_id, digest)
);

CREATE INDEX ix_media_created ON media (created_at);

CREATE TABLE media_uses (
	session_id VARCHAR(160) NOT NULL, 
	digest VARCHAR(80) NOT NULL, 
	project_id VARCHAR(64) NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_media_uses PRIMARY KEY (session_id, digest), 
	CONSTRAINT fk_media_uses_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX ix_media_uses_digest ON media_uses (project_id, digest);

INSERT INTO alembic_version VALUES ('0018');

