CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`tenant` text,
	`body` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	`replayed_at` integer
);
--> statement-breakpoint
CREATE INDEX `dead_letters_tenant` ON `dead_letters` (`tenant`,`at`);--> statement-breakpoint
CREATE INDEX `dead_letters_at` ON `dead_letters` (`at`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`site` text NOT NULL,
	`status` text NOT NULL,
	`step` text NOT NULL,
	`state` text NOT NULL,
	`error` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `jobs_due` ON `jobs` (`status`,`due_at`);--> statement-breakpoint
CREATE INDEX `jobs_site` ON `jobs` (`site`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`scope` text NOT NULL,
	`site` text,
	`name` text DEFAULT '' NOT NULL,
	`prefix` text NOT NULL,
	`last4` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash` ON `keys` (`hash`);--> statement-breakpoint
CREATE INDEX `keys_site` ON `keys` (`site`);--> statement-breakpoint
CREATE TABLE `points_written` (
	`tenant` text NOT NULL,
	`metric` text NOT NULL,
	`bucket` integer NOT NULL,
	`cursor` text,
	`points` integer DEFAULT 0 NOT NULL,
	`done` integer DEFAULT false NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant`, `metric`, `bucket`)
);
--> statement-breakpoint
CREATE INDEX `points_written_open` ON `points_written` (`done`,`updated_at`);--> statement-breakpoint
CREATE TABLE `rollups` (
	`tenant` text NOT NULL,
	`metric` text NOT NULL,
	`grain` text NOT NULL,
	`bucket` integer NOT NULL,
	`part` text NOT NULL,
	`page` integer NOT NULL,
	`epoch` integer NOT NULL,
	`n` integer NOT NULL,
	`pages` integer NOT NULL,
	`stats` blob NOT NULL,
	`uniques` blob NOT NULL,
	`quantiles` blob NOT NULL,
	PRIMARY KEY(`tenant`, `metric`, `grain`, `bucket`, `part`, `page`)
);
--> statement-breakpoint
CREATE INDEX `rollups_age` ON `rollups` (`grain`,`bucket`);--> statement-breakpoint
CREATE TABLE `salts` (
	`day` text PRIMARY KEY NOT NULL,
	`salt` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sites` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`zone` text NOT NULL,
	`week_start` text NOT NULL,
	`currency` text,
	`origins` text NOT NULL,
	`dimensions` text NOT NULL,
	`partitions` integer NOT NULL,
	`quota` integer,
	`d1_shard` text DEFAULT 'main' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
CREATE TABLE `tickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`site` text NOT NULL,
	`key_id` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tickets_expiry` ON `tickets` (`expires_at`);