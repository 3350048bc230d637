-- Grain: one row per row of raw_agents, as delivered.
-- Few rows, and every fact of an agent follows them: read whole, and compared with those of the last run.
{{ config(post_hook='{{ compare_agents() }}') }}

with

{{ judge_raw('raw_agents') }}
