CREATE TABLE `archive_segments` (
	`key` text PRIMARY KEY NOT NULL,
	`tenant` text NOT NULL,
	`partition` integer NOT NULL,
	`day` text NOT NULL,
	`after_offset` integer NOT NULL,
	`last_offset` integer NOT NULL,
	`rows` integer NOT NULL,
	`bytes` integer NOT NULL,
	`min_ts` integer NOT NULL,
	`max_ts` integer NOT NULL,
	`min_slot` integer NOT NULL,
	`max_slot` integer NOT NULL,
	`names` text,
	`props` text NOT NULL,
	`source` text NOT NULL,
	`created_at` integer NOT NULL,
	`replaced_at` integer
);
--> statement-breakpoint
CREATE INDEX `archive_segments_range` ON `archive_segments` (`tenant`,`replaced_at`,`max_ts`);--> statement-breakpoint
CREATE INDEX `archive_segments_offsets` ON `archive_segments` (`tenant`,`partition`,`last_offset`);--> statement-breakpoint
CREATE INDEX `archive_segments_replaced` ON `archive_segments` (`replaced_at`,`day`);--> statement-breakpoint
CREATE TABLE `saved_funnels` (
	`tenant` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`definition` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant`, `id`)
);
--> statement-breakpoint
CREATE TABLE `saved_segments` (
	`tenant` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`filter` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant`, `id`)
);
--> statement-breakpoint
ALTER TABLE `sites` ADD `retention_days` integer DEFAULT 90 NOT NULL;