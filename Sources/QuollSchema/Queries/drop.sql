-- Removes the schema and everything in it. Roles belong to the whole cluster and stay.
drop schema queue_internal, queue cascade;
